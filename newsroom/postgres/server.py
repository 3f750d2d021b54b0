"""The PostgreSQL that comes with the site: started when needed, stopped by the last."""

import atexit
import os
import secrets
import shlex
import shutil
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import psutil
import psycopg
from psycopg import errors, pq, sql
from psycopg.conninfo import make_conninfo

from .claim import claim_on
from .errors import EmbeddedPostgresError
from .place import SOCKET_NAME, Place, choose_place, open_home, tell

MAJOR_VERSION = 18
ROLE = DATABASE = "newsroom"
SOCKET_PORT = 5432  # It only names the socket; nothing listens on TCP.
MEGABYTE = 1024**2
LARGEST_LOG = 10_000_000  # bytes
INITDB_OPTIONS = (
    f"--username={ROLE}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    # Text sorts alike on every machine, whatever its language and C library.
    "--locale-provider=builtin",
    "--locale=C.UTF-8",
    "--set=timezone=UTC",
    "--set=log_timezone=UTC",
    "--no-instructions",
)
# All limits are in seconds. Recovery reads the journal again, which may take long.
RECOVERY_LIMIT = 600
ORPHAN_LIMIT = 30
STOP_LIMIT = 60
FIRST_NOTICE = 2
NEXT_NOTICE = 10
POLL = 0.02


class ConnectionParams(TypedDict):
    """How to reach the server, as psycopg.connect() takes it."""

    host: str
    port: int
    user: str
    password: str


@dataclass(frozen=True)
class Postmaster:
    """A living server, as its file postmaster.pid describes it.

    `port` is 0 while the server has not written down yet where it listens.
    """

    pid: int
    host: str
    port: int

    def accepts_connections(self) -> bool:
        """Whether the server is past its start and recovery; takes 2 s at most."""
        if not self.port:
            return False
        address = make_conninfo(host=self.host, port=self.port, connect_timeout=2)
        return pq.PGconn.ping(address.encode()) == pq.Ping.OK


class EmbeddedPostgres:
    """PostgreSQL for the processes of one machine, with its data under `home`.

    The first process starts the server, the last one to exit stops it. Every failure
    is an EmbeddedPostgresError.
    """

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self._claim = claim_on(self.home)
        self._place: Place | None = None
        self._postmaster: Postmaster | None = None
        self._params: ConnectionParams | None = None
        self._seen_at = 0.0
        self._releases_at_exit = False

    def ensure_running(self, *, unless_seen: float = 0) -> ConnectionParams:
        """Return how to connect, after starting or awaiting the server if needed.

        Costs a few reads of files when the server runs, about 2 s the first time ever,
        and up to RECOVERY_LIMIT after a crash. Costs nothing if it was seen to run in
        the last seconds, as many as `unless_seen`.
        """
        with self._claim.mutex:
            seen = time.monotonic() - self._seen_at
            if self._params and self._claim.is_held and seen < unless_seen:
                return self._params.copy()
            try:
                if not self._is_known_to_run():
                    self._params = self._join()
                self._seen_at = time.monotonic()
            except OSError as error:
                raise EmbeddedPostgresError(
                    f"The database in {self.home} cannot be used: {error.strerror} "
                    f"({error.filename}). Check the rights and the free space there."
                ) from error
            return self._params.copy()

    def release(self) -> None:
        """Give up this process's share; stop the server if no other process has one.

        It counts for the whole process, so no connection should be open any more.
        """
        with self._claim.mutex:
            self._params = None
            # Without the folder there is nothing to stop, and locks would remake it.
            if not self._claim.is_held or not self.home.is_dir():
                return
            with self._claim.deciding():
                if self._claim.let_go() and self._place:
                    stop(self._place)

    def _is_known_to_run(self) -> bool:
        if not (self._params and self._place and self._claim.is_held):
            return False
        # After a crash another process may have started it, to recover first.
        if find_postmaster(self._place.data) != self._postmaster:
            return False
        check_private_folders(self._place, self._postmaster)
        return True

    def _join(self) -> ConnectionParams:
        postmaster = None
        while postmaster is None:
            place, was_started = self._start_unless_running()
            # Others may join while this waits; the share keeps them from stopping it.
            postmaster = wait_until_ready(place)
            # A server we merely met may have been on its way down; one of ours is not.
            if postmaster is None and was_started:
                raise EmbeddedPostgresError(f"PostgreSQL died. {end_of_log(place)}")
        self._postmaster = postmaster
        check_private_folders(place, postmaster)
        params = ConnectionParams(
            host=postmaster.host,
            port=postmaster.port,
            user=ROLE,
            password=place.password.read_text().strip(),
        )
        ensure_database(params, place)
        return params

    def _start_unless_running(self) -> tuple[Place, bool]:
        open_home(self.home)
        with self._claim.deciding():
            self._claim.hold()
            if not self._releases_at_exit:
                atexit.register(self.release)
                self._releases_at_exit = True
            self._place = place = choose_place(self.home)
            # A link to a disk that is not there must not end in an empty database.
            if not (place.data.exists() or place.data.is_symlink()):
                initialise(place)
            check_data(place)
            if find_postmaster(place.data):
                return place, False
            start(place)
            return place, True


def initialise(place: Place) -> None:
    """Make a new cluster, under another name until it is complete."""
    draft = place.folder / "data.new"
    if draft.exists():
        shutil.rmtree(draft)
    place.password.unlink(missing_ok=True)
    place.make_private_folder(draft)
    place.make_private_file(place.password, secrets.token_urlsafe(32))
    done = place.run(
        "initdb", f"--pgdata={draft}", f"--pwfile={place.password}", *INITDB_OPTIONS
    )
    if done.returncode:
        problem = " ".join(done.stderr.split())
        raise EmbeddedPostgresError(f"No database could be made in {draft}: {problem}")
    draft.rename(place.data)


def check_data(place: Place) -> None:
    """Raise EmbeddedPostgresError unless the data is private and of our version."""
    place.check_private(place.data)
    try:
        version = (place.data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise EmbeddedPostgresError(
            f"{place.data} holds no PostgreSQL data. Move it away."
        ) from None
    if version != str(MAJOR_VERSION):
        raise EmbeddedPostgresError(
            f"{place.data} was made by PostgreSQL {version}; this is {MAJOR_VERSION}. "
            f"Dump it with version {version}, move {place.folder} away and load the "
            "dump into the new database."
        )
    if not place.password.exists():
        raise EmbeddedPostgresError(
            f"{place.password} is missing. Put it back from your backup."
        )


def check_private_folders(place: Place, postmaster: Postmaster) -> None:
    """Raise EmbeddedPostgresError if others may enter the data or the socket folder."""
    place.check_private(place.data)
    if postmaster.host.startswith("/"):
        place.check_private(Path(postmaster.host))


def find_postmaster(data: Path) -> Postmaster | None:
    """Return the server that runs on `data`, ready or not."""
    try:
        lines = (data / "postmaster.pid").read_text(errors="replace").splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    # After a crash of the machine the number may belong to any other process.
    if not is_server_process(pid, data):
        return None
    if len(lines) < 6 or not lines[3].isdecimal():
        return Postmaster(pid, "", 0)
    return Postmaster(pid, host=lines[4] or lines[5], port=int(lines[3]))


def is_server_process(pid: int, data: Path) -> bool:
    """Whether `pid` is a living PostgreSQL process that works on `data`."""
    try:
        process = psutil.Process(pid)
        # Every process of a server makes the data folder its working folder.
        return process.name().startswith("postgres") and Path(process.cwd()) == data
    except (psutil.Error, OSError, OverflowError, ValueError):
        return False


def start(place: Place) -> None:
    """Start the server on a cluster that has none; it may not be ready yet."""
    clear_crash_remains(place)
    # -w only to notice a death at once: after -t seconds recovery goes on without it.
    # pg_ctl also gives the server a session of its own, out of reach of Ctrl-C.
    done = place.run(
        "pg_ctl", "start", "-s", "-w", "-t2", "-l", "log", "-o", server_options(place)
    )
    if done.returncode and find_postmaster(place.data) is None:
        raise EmbeddedPostgresError(f"PostgreSQL did not start. {end_of_log(place)}")


def server_options(place: Place) -> str:
    """Return the options of the server, quoted for the shell that pg_ctl uses."""
    # A sixteenth of the memory holds the indexes of a million comments on most machines
    # and leaves the rest to the file cache; few checkpoints write few whole pages.
    buffers = min(max(psutil.virtual_memory().total // 16 // MEGABYTE, 128), 1024)
    sizes = [f"-cshared_buffers={buffers}MB", "-cmax_wal_size=4GB"]
    if os.name == "nt":
        return shlex.join(
            ["-clisten_addresses=127.0.0.1", f"-cport={free_port()}", *sizes]
        )
    folder = str(place.socket_folder).replace('"', '""')
    return shlex.join(
        [
            "-clisten_addresses=",
            f"-cport={SOCKET_PORT}",
            # A list, in which quotation marks keep a comma within the path.
            f'-cunix_socket_directories="{folder}"',
            "-cunix_socket_permissions=0700",
            *sizes,
        ]
    )


def free_port() -> int:
    """Return a port nobody listens on; the server writes it into postmaster.pid."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def clear_crash_remains(place: Place) -> None:
    """Remove what a dead server left behind and would stop a new one from starting."""
    pid_file = place.data / "postmaster.pid"
    if pid_file.exists():
        # Backends of a killed postmaster may still write; two servers would ruin it.
        wait_for_orphans(place)
        pid_file.unlink()
    place.make_private_folder(place.socket_folder)
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (place.socket_folder / name).unlink(missing_ok=True)
    if place.log.exists() and place.log.stat().st_size > LARGEST_LOG:
        place.log.replace(place.log.with_name("log.old"))
    place.make_private_file(place.log)


def wait_for_orphans(place: Place) -> None:
    """Wait until the last process of a killed server is gone."""
    deadline = time.monotonic() + ORPHAN_LIMIT
    while orphans := [p for p in psutil.pids() if is_server_process(p, place.data)]:
        if time.monotonic() > deadline:
            raise EmbeddedPostgresError(
                f"Processes of a killed server still work on {place.data}: "
                f"{orphans}. End them."
            )
        time.sleep(POLL)


def wait_until_ready(place: Place) -> Postmaster | None:
    """Return the server once it accepts connections, or None if it is gone."""
    began = time.monotonic()
    notice_at = FIRST_NOTICE
    while postmaster := find_postmaster(place.data):
        if postmaster.accepts_connections():
            return postmaster
        waited = time.monotonic() - began
        if waited > RECOVERY_LIMIT:
            raise EmbeddedPostgresError(
                f"PostgreSQL is not ready after {waited:.0f} s. {end_of_log(place)}"
            )
        if waited > notice_at:
            tell(f"The database is recovering, please wait ({waited:.0f} s) …")
            notice_at = waited + NEXT_NOTICE
        time.sleep(POLL)
    return None


def ensure_database(params: ConnectionParams, place: Place) -> None:
    """Create the site's database in a cluster that has none yet."""
    try:
        with psycopg.connect(**params, dbname="postgres", autocommit=True) as server:
            names = server.execute("SELECT datname FROM pg_database").fetchall()
            if (DATABASE,) not in names:
                # A process that started at the same moment may be faster.
                with suppress(errors.DuplicateDatabase, errors.UniqueViolation):
                    server.execute(
                        sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE))
                    )
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise EmbeddedPostgresError(
            f"The server in {place.folder} refuses its own password or connection: "
            f"{reason}"
        ) from error


def stop(place: Place) -> None:
    """Stop the server if it runs; a slow one may outlive this by itself."""
    if find_postmaster(place.data):
        place.run("pg_ctl", "stop", "-s", "-w", f"-t{STOP_LIMIT}", "-mfast")
    # It is made anew at each start; one under the folder for temporary files would
    # otherwise be left there for good.
    with suppress(OSError):
        place.socket_folder.rmdir()


def end_of_log(place: Place) -> str:
    """Return the last words of the server in one line."""
    try:
        lines = place.log.read_text(errors="replace").splitlines()[-4:]
    except OSError:
        lines = []
    return f"The end of {place.log}: {' | '.join(lines) or 'empty'}"
