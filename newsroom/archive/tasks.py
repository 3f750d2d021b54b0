"""Imports in the background: what the worker runs, and how far a run has come.

A run holds a lock in the database on a connection of its own. However its process ends,
the database lets go of the lock: what is marked as running without one was cut short.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from django_tasks import task

from newsroom.archive.importing import BooksDoNotBalance, import_source
from newsroom.archive.models import Source, SourceState
from newsroom.archive.records import FormatError

QUEUED = gettext_noop("queued")
# A worker that has nothing to do takes a run up within a second or two.
PATIENCE = timedelta(minutes=1)
# The first number of our advisory locks; the second is the source's.
OURS = int.from_bytes(b"News")
HIGHEST = 2**31 - 1
# Ours, and what the importer locks, so that only one import runs, whoever started it.
# PostgreSQL tells a lock of one number (objsubid 1) in halves.
HELD_LOCKS = """
    SELECT objid, objsubid FROM pg_locks
    WHERE locktype = 'advisory' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (
            objsubid = 2 AND classid = %s
            OR objsubid = 1 AND (classid::bigint << 32) + objid::bigint
                = hashtext('import_archive')
        )
"""

logger = logging.getLogger(__name__)


class Job(models.TextChoices):
    """What can be done with a kept file."""

    CHECK = "check", _("Check")
    TAKE_IN = "take_in", _("Take in")
    AGAIN = "again", _("Read again")


class Stage(models.TextChoices):
    """How far the present run of a source has come."""

    NONE = "none", _("Nothing runs")
    QUEUED = "queued", _("Waits for its turn")
    OVERDUE = "overdue", _("No worker has taken it up")
    RUNNING = "running", _("Is being read")
    CUT_SHORT = "cut_short", _("Was cut short")


def start(source: Source, job: Job) -> None:
    """Have the worker do `job` with the source, as soon as it can."""
    since = timezone.now().isoformat()
    changes = {"progress": {"phase": QUEUED, "since": since}, "error": ""}
    if job == Job.CHECK:
        changes["state"] = SourceState.WAITING
    Source.objects.filter(pk=source.pk).update(**changes)
    run.enqueue(source.pk, job.value)


def queued_at(source: Source) -> datetime | None:
    """Return since when the source waits for a worker, if it does."""
    is_queued = source.progress.get("phase") == QUEUED
    return datetime.fromisoformat(source.progress["since"]) if is_queued else None


def stage_of(source: Source) -> Stage:
    """Return how far the present run of the source has come; asks for the locks."""
    ours, is_importing = _held_locks()
    is_marked = source.progress or source.state == SourceState.RUNNING
    if _lock_of(source.pk) in ours:
        return Stage.RUNNING
    if since := queued_at(source):
        # A worker that is busy with another file will come to this one.
        is_busy = ours or is_importing
        is_overdue = timezone.now() - since > PATIENCE and not is_busy
        return Stage.OVERDUE if is_overdue else Stage.QUEUED
    if is_marked:
        # The command line imports without a lock of ours.
        is_by_command = is_importing and not ours
        return Stage.RUNNING if is_by_command else Stage.CUT_SHORT
    return Stage.NONE


@task()
def run(source_pk: int, job: str) -> str:
    """Do a job with a source and return the state that it is in then."""
    with _marked(source_pk):
        source = Source.objects.filter(pk=source_pk).first()
        if source is None:
            return "deleted"
        if job != Job.AGAIN and source.is_taken_in:
            # Asked for twice, before the first was done.
            _tell(source, progress={})
            return source.state
        _run(source, job)
        source.refresh_from_db(fields=["state"])
        return source.state


def _run(source: Source, job: str) -> None:
    try:
        import_source(source, dry_run=job == Job.CHECK, again=job == Job.AGAIN)
    except (FormatError, BooksDoNotBalance) as error:
        _tell(source, progress={}, state=SourceState.FAILED, error=str(error))
    except Exception as error:
        logger.exception("Source %s could not be read", source.pk)
        _tell(source, progress={}, state=SourceState.FAILED, error=_in_words(error))
    else:
        _tell(source, progress={})


def _tell(source: Source, **fields) -> None:
    Source.objects.filter(pk=source.pk).update(**fields)


def _in_words(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return gettext_noop(
            "The kept file is missing. Put it back from a backup, then try again."
        )
    if isinstance(error, OSError):
        return f"The kept file cannot be read: {error.strerror or error}."
    if isinstance(error, MemoryError):
        return gettext_noop(
            "There was not enough memory. Close other programs, then try again."
        )
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:1000]
    if isinstance(error, DatabaseError):
        return f"The database refused what was read. {reason}"
    return f"Something unforeseen happened; please report it. {reason}"


@contextmanager
def _marked(source_pk: int) -> Iterator[None]:
    """Have the database know, for the block, that a run of the source goes on."""
    own = connection.copy()
    try:
        own.set_autocommit(False)
        with own.cursor() as cursor:
            # Nothing is said on it while the file is read, which may take hours.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            lock = [OURS, _lock_of(source_pk)]
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", lock)
        yield
    finally:
        own.rollback()
        own.close()


def _lock_of(source_pk: int) -> int:
    return source_pk % HIGHEST


def _held_locks() -> tuple[set[int], bool]:
    """Return which sources are locked by us, and whether the importer is at work."""
    with connection.cursor() as cursor:
        cursor.execute(HELD_LOCKS, [OURS])
        locks = cursor.fetchall()
    ours = {lock for lock, numbers in locks if numbers == 2}
    return ours, len(ours) < len(locks)
