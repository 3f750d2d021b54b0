"""The first command, from an empty folder to a site in a browser and back."""

import re
import shutil
import signal
import socket
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

STORY = "/articles/xiaomi-and-microsoft-to-share-cloud-ai-and-laptops/"
TIME_LIMIT = 60  # seconds, for whatever a test waits for
# Two that serve, one in the background, and the tracker of multiprocessing.
PROCESSES = 4


@pytest.fixture(scope="module")
def var(manage):
    """Return a prepared folder of the site's data, with what was printed then."""
    # Folders of pytest are closed to others, so to the account of root's database.
    site = Path(tempfile.mkdtemp(prefix="newsroom-test-"))
    site.chmod(0o755)
    status, printed, errors = manage(site / "var", "quickstart", "--no-serve")
    assert (status, errors) == (0, "")
    (site / "var/printed").write_text(printed)
    yield site / "var"
    # Whatever a failed test left running ends with its database.
    manage(site / "var", "check", "--database", "default")
    shutil.rmtree(site)


def _until(condition):
    deadline = time.monotonic() + TIME_LIMIT
    while not (result := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return result


class _Site:
    """A site served by quickstart in a process of its own."""

    def __init__(self, start_manage, var):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self.var = var
        self.process = start_manage(var, "quickstart", "--port", str(self.port))
        _until(lambda: self.read("/healthz") or self.process.poll() is not None)
        assert self.process.poll() is None, self.process.communicate()

    def read(self, path):
        address = f"http://127.0.0.1:{self.port}{path}"
        try:
            with urllib.request.urlopen(address, timeout=TIME_LIMIT) as answer:
                return answer.read().decode()
        except OSError:
            return ""

    def end(self, with_signal):
        self.process.send_signal(with_signal)
        return self.process.communicate(timeout=TIME_LIMIT)

    def processes(self):
        """Return the site's own processes, once the background worker is there.

        The database is no child of theirs, and multiprocessing has one of its own.
        """
        server = psutil.Process(self.process.pid)
        _until(lambda: len(server.children()) == PROCESSES)
        return [server, *server.children()]

    def is_database_running(self):
        return Path(self.var, "postgres/data/postmaster.pid").exists()


def test_first_run_prints_a_password_that_fits(manage, var):
    printed = (var / "printed").read_text()
    password = re.search("its password (.+)", printed)[1]
    question = (
        "from django.contrib.auth import authenticate;"
        f"print(authenticate(username='editor', password={password!r}))"
    )

    answer = manage(var, "shell", "-v0", "-c", question)

    assert answer == (0, "editor\n", "")
    assert "uv run manage.py changepassword editor" in printed


def test_second_run_keeps_everything_and_prints_no_password(manage, var):
    question = (
        "from django.contrib.auth.models import User;"
        "from articles.models import *; from comments.models import *;"
        "print(*[m.objects.count() for m in (User, Article, Author, Comment)])"
    )

    again = manage(var, "quickstart", "--no-serve")
    counts = manage(var, "shell", "-v0", "-c", question)

    assert again == (0, "Ready. Serve it with: uv run manage.py quickstart\n", "")
    assert counts == (0, "1 1 1 13\n", "")


def test_hidden_comment_is_gone_from_every_process_at_once(start_manage, manage, var):
    moderate = (
        "from comments.models import *; last = Comment.objects.filter(number=13);"
        "last.set_status('{}')"
    )
    site = _Site(start_manage, var)

    def counts():
        # Each on a new connection, so by either process.
        return {site.read(STORY).count("comment__body") for _ in range(20)}

    shown = [counts()]
    for status in ("hidden", "public"):
        manage(var, "shell", "-v0", "-c", moderate.format(status))
        shown.append(counts())
    site.end(signal.SIGINT)

    assert shown == [{13}, {12}, {13}]


def test_quickstart_serves_the_story_and_ctrl_c_ends_all(start_manage, var):
    site = _Site(start_manage, var)

    assert "13 comments" in site.read("/")
    assert site.read(STORY).count('class="comment"') == 13
    style = re.search(r'href="(/static/css/[^"]+)"', site.read("/"))[1]
    assert re.fullmatch(r"/static/css/newsroom\.[0-9a-f]{12}\.css", style)
    assert "@layer" in site.read(style)
    assert "Log in" in site.read("/admin/")

    printed, errors = site.end(signal.SIGINT)

    assert printed == (
        f"Read it at  http://127.0.0.1:{site.port}/\n"
        f"Edit it at  http://127.0.0.1:{site.port}/admin/\n"
        "Stop it with Ctrl-C.\n"
    )
    assert "Traceback" not in errors
    assert site.process.returncode == 0
    assert not site.is_database_running()
    assert site.read("/healthz") == ""


def test_worker_that_does_not_end_holds_nothing_up(start_manage, var):
    site = _Site(start_manage, var)
    for process in site.processes()[1:]:
        if any(it.laddr.port == site.port for it in process.net_connections()):
            process.suspend()

    site.end(signal.SIGINT)

    assert site.process.returncode == 0
    assert not site.is_database_running()
    assert site.read("/healthz") == ""


def test_kill_loses_nothing_and_frees_the_port(start_manage, var):
    site = _Site(start_manage, var)

    site.end(signal.SIGKILL)

    # Its workers notice, so the port is free, and the next run takes the database over.
    _until(lambda: site.read("/healthz") == "")
    again = _Site(start_manage, var)
    assert again.read(STORY).count('class="comment"') == 13
    again.end(signal.SIGTERM)
    assert not again.is_database_running()


QUEUE = """
from django.core.files.base import ContentFile
from newsroom.archive import tasks
from newsroom.archive.importing import receive
text = "A ferry sank\\n\\nIt was night.\\n\\nComments\\n\\n* How sad\\n"
tasks.start(receive(ContentFile(text.encode()), "ferry.txt"), tasks.Job.CHECK)
"""
ASK = """
from newsroom.archive.models import Source
print(bool(Source.objects.get(name="ferry.txt").trial))
"""


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_worker_runs_beside_the_server_and_ends_with_it(
    start_manage, manage, var, with_signal
):
    site = _Site(start_manage, var)
    processes = site.processes()
    if with_signal == signal.SIGINT:
        assert manage(var, "shell", "-v0", "-c", QUEUE) == (0, "", "")
        _until(lambda: manage(var, "shell", "-v0", "-c", ASK) == (0, "True\n", ""))

    _, errors = site.end(with_signal)

    assert psutil.wait_procs(processes, TIME_LIMIT)[1] == []
    assert errors == ""


def test_worker_that_dies_is_started_anew(start_manage, var):
    site = _Site(start_manage, var)
    before = {process.pid for process in site.processes()}
    server = psutil.Process(site.process.pid)

    def worker():
        # It gives way to the others.
        return [child for child in server.children() if child.nice() == 10]

    _until(worker)[0].kill()

    _until(lambda: {child.pid for child in server.children()} - before)
    site.end(signal.SIGTERM)


def test_taken_port_is_said_in_one_line(manage, var):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        result = manage(var, "quickstart", "--port", str(port))

    assert result == (
        1,
        "",
        f"CommandError: Cannot serve at 127.0.0.1, port {port}: Address already in "
        "use. Choose another: uv run manage.py quickstart "
        f"--port {port % 65000 + 1}\n",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "80000"], "There is no port 80000: they go from 1 to 65535."),
        (
            ["--host", "192.0.2.1"],
            "Cannot serve at 192.0.2.1, port 8000: Cannot assign requested address. "
            "Choose another --host: 127.0.0.1 is this machine alone, 0.0.0.0 all.",
        ),
    ],
)
def test_wrong_address_is_said_in_one_line(manage, var, arguments, message):
    result = manage(var, "quickstart", *arguments)

    assert result == (1, "", f"CommandError: {message}\n")
