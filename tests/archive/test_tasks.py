"""Imports in the background: the worker, its locks, and what is left when it dies."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.conf import settings as project_settings
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from comments.models import Comment
from newsroom.archive import tasks
from newsroom.archive.importing import receive
from newsroom.archive.models import Source
from newsroom.archive.tasks import Job, Stage, stage_of, start

TIME_LIMIT = 60
LINES = [
    {"type": "archive", "format": "newsroom-archive", "version": 1, "origin": "x.net"},
    {"type": "article", "id": "a", "headline": "Ferry", "status": "published"},
    {"type": "comment", "id": "c", "article": "a", "body": "Oh", "status": "public"},
]
ARCHIVE = "".join(f"{json.dumps(line)}\n" for line in LINES).encode()

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def source():
    return receive(ContentFile(ARCHIVE), "ferry.jsonl")


@pytest.fixture
def another_process():
    """Return a connection that stands for another process's, in a transaction."""
    other = connection.copy()
    other.set_autocommit(False)
    yield other
    other.rollback()
    other.close()


def work():
    """Run the worker's command until there is nothing left to do."""
    call_command("db_worker", batch=True, startup_delay=False, verbosity=0)


def until(condition):
    deadline = time.monotonic() + TIME_LIMIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def state_of(source):
    source.refresh_from_db()
    return source.state, stage_of(source)


def test_worker_checks_and_takes_in(source):
    start(source, Job.CHECK)
    assert state_of(source) == ("waiting", Stage.QUEUED)

    work()

    assert state_of(source) == ("waiting", Stage.NONE)
    assert source.trial["ledger"]["comment"]["public"] == 1
    assert Comment.objects.count() == 0

    start(source, Job.TAKE_IN)
    work()

    assert state_of(source) == ("done", Stage.NONE)
    assert source.ledger == source.trial["ledger"]
    assert Comment.objects.get().body == "Oh"
    assert [result.status for result in DBTaskResult.objects.all()] == [
        "SUCCESSFUL"
    ] * 2


def test_source_runs_for_all_to_see(source, monkeypatch):
    seen = []
    monkeypatch.setattr(
        tasks, "import_source", lambda source, **job: seen.append(stage_of(source))
    )
    start(source, Job.CHECK)
    work()

    assert seen == [Stage.RUNNING]
    assert state_of(source) == ("waiting", Stage.NONE)


def test_taking_in_twice_does_it_once(source):
    start(source, Job.TAKE_IN)
    start(source, Job.TAKE_IN)

    work()

    assert state_of(source) == ("done", Stage.NONE)
    assert Comment.objects.count() == source.records.count() - 1 == 1


def test_deleted_source_is_passed_over(source):
    start(source, Job.CHECK)
    source.delete()

    work()

    assert DBTaskResult.objects.get().return_value == "deleted"


def test_broken_file_is_told_by_its_line():
    source = receive(ContentFile(ARCHIVE + b"{\n"), "broken.jsonl")
    start(source, Job.CHECK)

    work()

    assert state_of(source) == ("failed", Stage.NONE)
    assert source.error.startswith("line 4: This is not JSON")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            FileNotFoundError(),
            "The kept file is missing. Put it back from a backup, then try again.",
        ),
        (OSError(5, "Input/output error"), "The kept file cannot be read: Input/"),
        (MemoryError(), "There was not enough memory."),
        (KeyError("x"), "Something unforeseen happened; please report it. KeyError:"),
    ],
)
def test_what_was_not_foreseen_fails_in_words(source, monkeypatch, error, words):
    def fail(source, **job):
        raise error

    monkeypatch.setattr(tasks, "import_source", fail)
    start(source, Job.CHECK)
    work()

    assert state_of(source) == ("failed", Stage.NONE)
    assert source.error.startswith(words)


def test_another_check_forgets_the_failure(source):
    Source.objects.update(state="failed", error="No.")
    start(source, Job.CHECK)
    assert state_of(source) == ("waiting", Stage.QUEUED)
    assert source.error == ""


def test_waiting_for_long_is_overdue_unless_the_worker_is_busy(source, another_process):
    since = timezone.now() - timedelta(minutes=2)
    source.progress = {"phase": "queued", "since": since.isoformat()}
    source.save()
    assert stage_of(source) == Stage.OVERDUE

    with another_process.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)", [tasks.OURS, source.pk + 1]
        )

    assert stage_of(source) == Stage.QUEUED


def test_import_by_the_command_line_is_seen_to_run(source, another_process):
    source.state = "running"
    source.save()
    assert stage_of(source) == Stage.CUT_SHORT

    with another_process.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('import_archive'))")
        assert stage_of(source) == Stage.RUNNING
        # Now it is the worker that imports, and another source.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)", [tasks.OURS, source.pk + 1]
        )
        assert stage_of(source) == Stage.CUT_SHORT


KILLED = """
import django; django.setup()
from django.conf import settings
from django.db import connection
connection.settings_dict["NAME"] = {database!r}
settings.STORAGES["sources"]["OPTIONS"]["location"] = {folder!r}
import time
from newsroom.archive import tasks
def read_for_ever(source, **job):
    tasks._tell(source, state="running", progress={{"phase": "reading"}})
    time.sleep(600)
tasks.import_source = read_for_ever
from django.core.management import call_command
call_command("db_worker", batch=True, startup_delay=False, verbosity=0)
"""


def test_killed_worker_leaves_a_source_that_can_be_tried_again(source, tmp_path):
    code = KILLED.format(
        database=connection.settings_dict["NAME"], folder=str(tmp_path / "sources")
    )
    start(source, Job.TAKE_IN)
    worker = subprocess.Popen(  # noqa: S603 (our own code)
        [sys.executable, "-c", code],
        cwd=project_settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "newsroom.settings"},
    )
    until(lambda: state_of(source) == ("running", Stage.RUNNING))

    worker.send_signal(signal.SIGKILL)
    worker.wait()

    until(lambda: state_of(source) == ("running", Stage.CUT_SHORT))
    start(source, Job.TAKE_IN)
    work()
    assert state_of(source) == ("done", Stage.NONE)
    assert Comment.objects.count() == 1
