"""From an empty machine to a site in a browser, in one command."""

import errno
import hashlib
import ipaddress
import multiprocessing
import os
import secrets
import socket
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from newsroom.archive.importing import import_file

SAMPLE = Path(settings.BASE_DIR, "newsroom/archive/sample/xiaomi-microsoft.jsonl")
EDITOR = "editor"
WORKERS = 2
THREADS = 8  # of each worker: as many as it has database connections
SECONDS_TO_END = 5


class Command(BaseCommand):
    help = (
        "Prepares the database, the sample story and an editor's account, then serves "
        "the site on this machine. Run again, it keeps everything and only serves."
    )
    # The checks of a deployment are not for a laptop's first minute.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--no-serve", action="store_true", help="Prepare, but start no server."
        )

    def handle(self, *, host, port, no_serve, **options):
        if not no_serve:
            refuse_taken_port(host, port)
        self.prepare()
        if no_serve:
            self.stdout.write("Ready. Serve it with: uv run manage.py quickstart")
        else:
            self.serve(host, port)

    def prepare(self):
        connection.ensure_connection()
        if not Path(settings.STATIC_ROOT).exists():
            self.stdout.write("Preparing the database and the static files …")
            self.stdout.flush()
        call_command("migrate", verbosity=0)
        collect_static_files()
        import_file(SAMPLE)
        if password := create_editor():
            self.stdout.write(
                f"The editor's account is “{EDITOR}”, its password {password}\n"
                "It is not shown again; to set another: "
                f"uv run manage.py changepassword {EDITOR}"
            )

    def serve(self, host: str, port: int):
        from granian import Granian
        from granian.constants import Interfaces

        from newsroom.serving import BackgroundWorker

        # The workers are new processes with settings of their own. What is served from
        # a laptop is plain HTTP, and reached by whatever name the laptop has there.
        os.environ.setdefault("HTTPS", "0")
        if not is_loopback(host):
            os.environ.setdefault("ALLOWED_HOSTS", "*")
        multiprocessing.set_start_method("spawn", force=True)
        connection.close_pool()
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
        shown = f"[{shown}]" if ":" in shown else shown
        self.stdout.write(
            f"Read it at  http://{shown}:{port}/\n"
            f"Edit it at  http://{shown}:{port}/admin/\n"
            "Stop it with Ctrl-C."
        )
        self.stdout.flush()
        server = Granian(
            "newsroom.serving:application",
            factory=True,
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=WORKERS,
            blocking_threads=THREADS,
            backpressure=THREADS,
            # A worker that does not end when it is told to must not hold all up.
            workers_kill_timeout=SECONDS_TO_END,
            log_access=False,
            log_level="error",
        )
        with BackgroundWorker():
            server.serve()


def refuse_taken_port(host: str, port: int) -> None:
    """Raise CommandError, with what to do, unless the address can be listened on."""
    if not 0 < port < 2**16:
        raise CommandError(f"There is no port {port}: they go from 1 to 65535.")
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            if os.name != "nt":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        advice = "Choose another --host: 127.0.0.1 is this machine alone, 0.0.0.0 all."
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            other = port % 65000 + 1 if port >= 1024 else 8000
            advice = f"Choose another: uv run manage.py quickstart --port {other}"
        raise CommandError(
            f"Cannot serve at {host}, port {port}: {error.strerror}. {advice}"
        ) from error


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def collect_static_files() -> None:
    """Collect, hash and compress the static files, unless none of them has changed."""
    stamp = Path(settings.STATIC_ROOT, ".collected")
    fingerprint = fingerprint_of_static_files()
    if not stamp.exists() or stamp.read_text() != fingerprint:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(fingerprint)


def fingerprint_of_static_files() -> str:
    """Return a text that changes when a static file does: names, sizes and times."""
    files = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            files.update(f"{path}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    return files.hexdigest()


def create_editor() -> str:
    """Create the editor's account and return its password; "" if it is there."""
    users = get_user_model().objects
    if users.filter(username=EDITOR).exists():
        return ""
    password = secrets.token_urlsafe(9)
    users.create_superuser(EDITOR, password=password)
    return password
