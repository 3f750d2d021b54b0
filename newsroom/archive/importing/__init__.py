"""Taking files in: nothing is lost, nothing is half done, and the books balance.

A file is kept byte for byte, then read (`newsroom.archive.reading`) into staging tables
(`staging`), then what will become of each record is settled (`planning`), then it is
written (`writing`). What begins in the file must be the sum of what is stored, linked
and set aside, or the import fails before anything of it is live.

A file of up to 20,000 comments is one transaction. A larger one is written in batches
of whole stories with their whole discussions; a run that was stopped at any moment is
taken up again by taking the same file in once more.
"""

import hashlib
import json
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext_noop, override

from comments.models import CommentContact
from newsroom.archive.formats import FORMATS, recognise
from newsroom.archive.importing.planning import is_large, make_plan
from newsroom.archive.importing.staging import LIVE, Staging, clear, execute, rows
from newsroom.archive.importing.writing import Writer
from newsroom.archive.models import (
    Change,
    Outcome,
    RecordKind,
    Source,
    SourceState,
    sources_storage,
)
from newsroom.archive.reading import LARGE, Chunk, read_file, read_path
from newsroom.archive.records import UNKNOWN_TIME, FormatError, Time, parse_time
from newsroom.archive.unpacking import unpack

logger = logging.getLogger(__name__)

WRITERS = 2
# The folder beside an archive that has the files it was made from.
SOURCES = "sources"
MANIFEST = "manifest.json"
# How often progress is told, in seconds.
EVERY = 1
MOST_REASONS = 200
MOST_AUTHORS = 10

# What has become, or will become, of each staged record. Of comments, the source's own
# words are looked up for those alone that are hidden and have no other reason.
SETTLED = """
    SELECT kind, outcome, change, reason, given_kind, given_status FROM archive_staged
    WHERE kind <> 'comment' OR outcome IS NOT NULL
    UNION ALL
    SELECT 'comment', outcome, change, reason, '', '' FROM archive_planned
    WHERE outcome <> 'hidden' OR reason <> ''
    UNION ALL
    SELECT 'comment', planned.outcome, planned.change, planned.reason,
        staged.given_kind, staged.given_status
    FROM archive_planned AS planned JOIN archive_staged AS staged USING (position)
    WHERE planned.outcome = 'hidden' AND planned.reason = ''
"""
COUNTS = "SELECT kind, outcome, change, count(*) FROM ({}) AS settled GROUP BY 1, 2, 3"
# Why a record is hidden, in the source's own words. One that was here already may be
# hidden for what an editor did.
GIVEN = """
    regexp_replace(concat_ws(', ',
        CASE WHEN change <> 'new' THEN 'as it is here' END,
        CASE WHEN given_kind <> '' THEN 'given as ' || given_kind END,
        CASE
            WHEN given_kind <> '' AND given_status <> '' THEN 'state ' || given_status
            WHEN given_status <> '' THEN 'given with state ' || given_status
            WHEN given_kind = '' AND change = 'new' THEN 'as its record says'
        END
    ), '[[:cntrl:]]+', ' ', 'g')
"""
# The same sentence about another id is the same reason.
REASONS = rf"""
    SELECT kind, outcome, CASE WHEN reason = '' THEN {GIVEN} ELSE regexp_replace(
        reason, '((?:parent|story|as) “)[^”]*|(#)\d+', '\1\2…', 'g'
    ) END, count(*)
    FROM ({{}}) AS settled
    WHERE reason <> '' AND kind <> 'attachment'
        OR outcome = 'hidden' AND kind IN ('article', 'comment')
    GROUP BY 1, 2, 3 ORDER BY 4 DESC, 3 LIMIT %(most)s
"""  # noqa: S608 (words of ours)
OF_SOURCE = "SELECT * FROM archive_record WHERE source_id = %(source)s"
OF_STORIES = f"{OF_SOURCE} AND kind IN ('article', 'comment')"


class BooksDoNotBalance(Exception):
    """What begins in the file is not what was stored, linked and set aside."""


@dataclass
class Ledger:
    """The books of one import: by kind of record, how many came to what, and why."""

    source: Source
    counts: dict[str, Counter] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    was_known: bool = False

    @property
    def format(self) -> str:
        return self.source.format

    def enter(self, kind: str, outcome: str, change: str, count: int):
        counts = self.counts.setdefault(kind, Counter())
        counts["found"] += count
        counts[outcome] += count
        counts[change] += count

    def found(self, kind: str) -> int:
        return self.counts.get(kind, Counter())["found"]

    def rows(self) -> Iterator[tuple[str, Counter]]:
        """Yield each kind with its counts, in the order of `RecordKind`."""
        for kind in RecordKind.values:
            if kind in self.counts:
                yield kind, self.counts[kind]

    def as_json(self) -> dict:
        columns = ("found", *Outcome.values, *Change.values)
        return {
            kind: {column: counts[column] for column in columns}
            for kind, counts in self.rows()
        }

    def check(self, opened: Counter):
        """Raise BooksDoNotBalance unless all that begins in the file is here."""
        comments = self.found("comment")
        others = sum(counts["found"] for _, counts in self.rows()) - comments
        for what, began, found in (
            ("comments", opened["comment"], comments),
            ("other records", opened["other"], others),
        ):
            if began != found:
                raise BooksDoNotBalance(
                    f"{began} {what} begin in the file, but {found} are accounted for. "
                    "Nothing of it was stored. This is an error in Newsroom: please "
                    "report it with the file."
                )


def receive(file, name: str, *, by=None, format: str = "auto") -> Source:
    """Keep a file byte for byte and return its source, which waits to be taken in.

    The same bytes are kept once: then it is the source that is there already. Raises
    FormatError for a file of no known format.
    """
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    with transaction.atomic(), connection.cursor() as cursor:
        # Two who bring the same file at the same moment take turns.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('receive_source'), hashtext(%s))",
            [sha256],
        )
        known = Source.objects.filter(sha256=sha256).first()
        return known or _keep_new(file, sha256, name, by, format)


def _keep_new(file, sha256: str, name: str, by, format: str) -> Source:
    file.seek(0, os.SEEK_END)
    size = file.tell()
    file.seek(0)
    if format == "auto":
        format = recognise(next(unpack(file, size)))
    source = Source(
        sha256=sha256,
        # A name may hold bytes that are no text.
        name=os.fsencode(name).decode(errors="replace")[:255],
        size=size,
        format=format,
        origin=f"{format}:{sha256}",
        imported_by=by,
    )
    with _kept(file, source):
        source.save()
    return source


def import_file(
    path: Path,
    *,
    format: str = "auto",
    by=None,
    dry_run: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Ledger:
    """Take a file in and return its ledger; a dry run counts and writes nothing.

    A file that was taken in before changes nothing; one whose import was stopped goes
    on. `progress` is told now and then what is done, how much of it and of how much.
    Raises FormatError for a file that cannot be taken in, BooksDoNotBalance, and
    OSError for one that cannot be read. Then nothing of it is kept.
    """
    with path.open("rb") as file:
        source = receive(file, path.name, by=by, format=format)
    was_waiting = source.state == SourceState.WAITING
    try:
        ledger = import_source(
            source, dry_run=dry_run, progress=progress, beside=path.parent / SOURCES
        )
    except BaseException:
        if was_waiting:
            forget(source)
        raise
    if dry_run and was_waiting:
        forget(source)
    return ledger


def _ledger_of(source: Source) -> Ledger:
    """Return the books of a file that was taken in before."""
    counts = {kind: Counter(counts) for kind, counts in source.ledger.items()}
    return Ledger(source, counts, _reasons(OF_SOURCE, source), was_known=True)


def forget(source: Source):
    """Remove a source that nothing was stored from, and its file; else leave it."""
    with transaction.atomic():
        if not source.records.exists():
            name = source.file.name
            source.delete()
            sources_storage().delete(name)


def import_source(
    source: Source,
    *,
    dry_run: bool = False,
    again: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
    beside: Path | None = None,
) -> Ledger:
    """Take a kept file in; with `again`, anew, as after a parser has improved.

    An archive may have the files it was made from in the folder `beside`, and beside
    that its manifest, which says when it was made if it does not itself. A dry run
    leaves what it found in `source.trial`. Raises what `import_file` does; then the
    source's state is “failed” and its error says why.
    """
    try:
        # What is kept of it, such as reasons, is in English on every site.
        with override(None), _alone():
            source.refresh_from_db()
            if source.is_taken_in and not again:
                return _ledger_of(source)
            return _Run(source, dry_run, again, progress, beside).run()
    except Exception as error:
        Source.objects.filter(pk=source.pk).update(
            state=SourceState.FAILED, error=str(error), progress={}
        )
        raise


@contextmanager
def _alone() -> Iterator[None]:
    """Let no other import run: the staging tables are one import's at a time."""
    own = connection if connection.in_atomic_block else connection.copy()
    try:
        with transaction.atomic() if own is connection else _transaction(own):
            with own.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('idle_in_transaction_session_timeout', '0',"
                    " true), pg_advisory_xact_lock(hashtext('import_archive'))"
                )
            yield
    finally:
        if own is not connection:
            own.close()


@contextmanager
def _transaction(wrapper) -> Iterator[None]:
    wrapper.set_autocommit(False)
    try:
        yield
    finally:
        wrapper.rollback()


@contextmanager
def _kept(file, source: Source) -> Iterator[None]:
    """Keep the file byte for byte under its hash; an error in the block undoes it."""
    storage = sources_storage()
    name = source.file.field.generate_filename(source, source.name)
    # A crash may have left a part of it behind, which nobody refers to.
    storage.delete(name)
    file.seek(0)
    source.file.name = storage.save(name, File(file))
    try:
        _check_kept(storage, source)
        yield
    except BaseException:
        storage.delete(source.file.name)
        raise


def _check_kept(storage, source: Source) -> None:
    """See to it that what is kept is what was read, and is on the disk."""
    with storage.open(source.file.name, "rb") as kept:
        if hashlib.file_digest(kept, "sha256").hexdigest() != source.sha256:
            raise FormatError(
                gettext_noop("The file changed while it was read. Take it in again.")
            )
        if hasattr(kept, "fileno"):
            os.fsync(kept.fileno())


class _Run:
    """One run over one source."""

    def __init__(
        self, source: Source, dry_run: bool, again: bool, progress, beside: Path | None
    ):
        self.source = source
        self.dry_run = dry_run
        self.again = again
        self.progress = progress
        self.beside = beside
        self.told_at = 0.0
        self.format = FORMATS[source.format]

    def run(self) -> Ledger:
        source = self.source
        if not self.dry_run:
            source.state, source.error = SourceState.RUNNING, ""
            source.save(update_fields=["state", "error"])
        CommentContact.objects.expired().delete()
        source.ends_early, source.repairs = "", {}
        source.sections_from = source.sections_from or settings.SECTIONS_FROM
        staging = self.stage()
        if self.beside and not source.captured_at:
            time = _time_in_manifest(self.beside.parent / MANIFEST, source)
            source.captured_at, source.captured_precision = time.at, time.precision
        self.tell(gettext_noop("planning"), 0, staging.position)
        batches = self.plan(staging)
        if self.dry_run:
            return self.close_trial()
        source.save()
        self.write(batches)
        ledger = self.close(staging)
        if is_large(ledger.found("article"), ledger.found("comment")):
            tidy_up()
        return ledger

    def stage(self) -> Staging:
        staging = Staging(self.source)
        with closing(self.read()) as chunks:
            staging.run(
                chunks,
                lambda place: self.tell(
                    gettext_noop("reading"), place, self.source.size
                ),
            )
        return staging

    def read(self) -> Iterator[Chunk]:
        source, storage = self.source, sources_storage()
        if source.size >= LARGE and isinstance(storage, FileSystemStorage):
            path = Path(storage.path(source.file.name))
            yield from read_path(path, source.size, source.format)
        else:
            with storage.open(source.file.name, "rb") as file:
                yield from read_file(file, source.size, source.format)

    def plan(self, staging: Staging) -> int:
        with transaction.atomic():
            batches = make_plan(
                self.source,
                needs_comments=self.format.STORIES_NEED_COMMENTS,
                again=self.again,
            )
            self.ledger = self.count(SETTLED)
        if not self.again:
            # What a run that was stopped wrote is left out of the plan, but not of the
            # books.
            for row in rows(COUNTS.format(OF_STORIES), source=self.source.pk):
                self.ledger.enter(*row)
        self.ledger.check(staging.opened)
        return batches

    def count(self, settled: str) -> Ledger:
        ledger = Ledger(self.source, reasons=_reasons(settled, self.source))
        for row in rows(COUNTS.format(settled), source=self.source.pk):
            ledger.enter(*row)
        return ledger

    def write(self, batches: int):
        writer = Writer(self.source, self.beside)
        if self.again or batches <= 1 or connection.in_atomic_block:
            with transaction.atomic():
                if self.again:
                    self.source.records.all().delete()
                writer.write_common()
                for batch in range(batches):
                    writer.write_batch(batch)
                writer.finish()
            return
        writer.write_common()
        with ThreadPoolExecutor(WRITERS) as pool:
            tasks = [pool.submit(_write, writer, batch) for batch in range(batches)]
            try:
                for done, task in enumerate(as_completed(tasks), 1):
                    task.result()
                    self.tell(gettext_noop("writing"), done, batches)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        writer.finish()

    def close(self, staging: Staging) -> Ledger:
        """Count once more, now what is live, and let the source say what it holds."""
        source = self.source
        ledger = self.count(OF_SOURCE)
        ledger.check(staging.opened)
        source.ledger = ledger.as_json()
        is_whole = not source.ends_early
        source.state = SourceState.DONE if is_whole else SourceState.TRUNCATED
        source.progress = {}
        source.save()
        clear()
        return ledger

    def close_trial(self) -> Ledger:
        source, ledger = self.source, self.ledger
        source.trial = {
            "ledger": ledger.as_json(),
            "reasons": ledger.reasons,
            "repairs": source.repairs,
            "ends_early": source.ends_early,
            **_summary(),
        }
        source.progress = {}
        source.save(update_fields=["trial", "progress", "origin"])
        clear()
        return ledger

    def tell(self, phase: str, done: int, of: int):
        """Say how far the run has come, now and then."""
        if time.monotonic() - self.told_at < EVERY:
            return
        self.told_at = time.monotonic()
        if self.progress:
            self.progress(phase, done, of)
        Source.objects.filter(pk=self.source.pk).update(
            progress={"phase": phase, "done": done, "of": of, "at": time.time()}
        )


def _time_in_manifest(path: Path, source: Source) -> Time:
    """Return when an export was made, if the manifest beside it speaks of this file."""
    try:
        manifest = json.loads(path.read_bytes())
        if any(file["sha256"] == source.sha256 for file in manifest["files"].values()):
            return parse_time(manifest["exported"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        pass  # It is none, or none of ours.
    return UNKNOWN_TIME


def tidy_up():
    """Have the database know what it holds since a large file was taken in.

    It learns how many rows there are of each kind and that all may see them, and puts
    the words that wait into the index of words. It would do so by itself, but later
    than the first readers come.
    """
    if connection.in_atomic_block:
        return
    try:
        for table in LIVE:
            execute(f"VACUUM (ANALYZE) {table}")
    except DatabaseError:
        # All is taken in, and the database will come to it.
        logger.exception("The database could not be tidied up after an import")


def _write(writer: Writer, batch: int):
    """Write a batch in a thread, over a connection of its own."""
    try:
        writer.write_batch(batch)
    finally:
        connection.close()


def _reasons(settled: str, source: Source) -> dict[str, int]:
    """Return how often each reason was given, the most frequent first."""
    return {
        f"{Outcome(outcome).label}, {kind}: {reason}": count
        for kind, outcome, reason, count in rows(
            REASONS.format(settled), source=source.pk, most=MOST_REASONS
        )
    }


def _summary() -> dict:
    """Return what else a dry run tells of the comments it has staged."""
    ((oldest, newest),) = rows(
        "SELECT min(posted_at), max(posted_at) FROM archive_staged_comment"
    )
    return {
        "states": dict(
            rows(
                "SELECT status, count(*) FROM archive_staged_comment"
                " GROUP BY 1 ORDER BY 2 DESC"
            )
        ),
        "oldest": oldest.isoformat() if oldest else "",
        "newest": newest.isoformat() if newest else "",
        "authors": [
            list(row)
            for row in rows(
                "SELECT author_name, count(*) FROM archive_staged_comment"
                " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(most)s",
                most=MOST_AUTHORS,
            )
        ],
    }


__all__ = [
    "BooksDoNotBalance",
    "Ledger",
    "forget",
    "import_file",
    "import_source",
    "receive",
]
