"""Take files in: stories and comments, with where they come from."""

import os
from pathlib import Path

from django.core.management.base import (
    BaseCommand,
    CommandError,
    no_translations,
)
from django.db import DatabaseError

from newsroom.archive.formats import FORMATS
from newsroom.archive.importing import (
    BooksDoNotBalance,
    Ledger,
    import_file,
    import_source,
)
from newsroom.archive.models import Change, Outcome, Source, SourceState
from newsroom.archive.progress import Progress
from newsroom.archive.records import FormatError

MOST_REASONS = 12
# The exit status when all that is whole was taken in, and something was not whole.
TRUNCATED = 3

COLUMNS = {
    "found": "found",
    Outcome.PUBLIC: "public",
    Outcome.HIDDEN: "hidden",
    Outcome.LINKED: "linked",
    Outcome.SET_ASIDE: "set aside",
}
SIGNS = dict(zip(COLUMNS, ("", "=", "+", "+", "+"), strict=True))


class Command(BaseCommand):
    help = (
        "Takes files in. Each is kept byte for byte, and its books are balanced before "
        "anything of it is live. The same file again changes nothing; one whose import "
        "was stopped goes on."
    )

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
        parser.add_argument("--format", choices=["auto", *FORMATS], default="auto")
        parser.add_argument(
            "--dry-run", action="store_true", help="Count, and write nothing."
        )
        parser.add_argument(
            "--again",
            type=int,
            metavar="SOURCE",
            action="append",
            default=[],
            help="Read a source that was taken in once more, as after a newer version "
            "reads better. Its number is in admin.",
        )

    @no_translations
    def handle(self, *, files, format, dry_run, again, **options):
        if not files and not again:
            raise CommandError("Name a file, or a source with --again.")
        self.dry_run = dry_run
        self.failures = self.truncated = 0
        self.is_partial = False
        for path in files:
            path = archive_in(path) if path.is_dir() else path
            self.take(
                printable(path),
                lambda progress, path=path: import_file(
                    path, format=format, dry_run=dry_run, progress=progress
                ),
            )
        for key in again:
            self.take(
                f"Source {key}", lambda progress, key=key: self.again(key, progress)
            )
        self.conclude(len(files) + len(again))

    def again(self, key: int, progress) -> Ledger:
        try:
            source = Source.objects.get(pk=key)
        except Source.DoesNotExist:
            raise FormatError("There is no such source.") from None
        return import_source(
            source, again=True, dry_run=self.dry_run, progress=progress
        )

    def take(self, name: str, run):
        try:
            with Progress(self.stderr) as progress:
                ledger = run(progress)
        except (FormatError, BooksDoNotBalance) as error:
            self.fail(name, error)
        except OSError as error:
            self.fail(name, error.strerror)
        except DatabaseError as error:
            self.fail(name, f"the database refused a record: {error}")
            # Of a large file the batches before that one are written.
            self.is_partial = Source.objects.filter(
                state=SourceState.FAILED, records__isnull=False
            ).exists()
        else:
            self.report(name, ledger)
            self.truncated += bool(ledger.source.ends_early)

    def conclude(self, total: int):
        if self.failures:
            them = "it" if self.failures == 1 else "them"
            kept = f"nothing of {them} was kept"
            if self.is_partial:
                kept = f"some of {them} was kept: take {them} in again to go on"
            raise CommandError(
                f"{self.failures} of {total} files could not be taken in, and {kept}."
            )
        if self.truncated:
            raise CommandError(
                f"{self.truncated} of {total} files could not be read to their end.",
                returncode=TRUNCATED,
            )

    def fail(self, name: str, why: object):
        self.failures += 1
        self.stderr.write(self.style.ERROR(f"{name}: {why}"))

    def report(self, name: str, ledger: Ledger):
        self.stdout.write(f"{name} ({ledger.format})")
        self.write_table(ledger)
        for reason, count in [*ledger.reasons.items()][:MOST_REASONS]:
            self.stdout.write(f"  {count} × {reason}")
        if (others := len(ledger.reasons) - MOST_REASONS) > 0:
            self.stdout.write(
                f"  … and {others} more reasons: see its records in admin"
            )
        source = ledger.source
        for what, count in source.repairs.get("counts", {}).items():
            self.stdout.write(f"  Repaired, {count} × {what}")
        if source.ends_early:
            self.stdout.write(f"  The file ends early: {source.ends_early}")
        if ledger.was_known:
            self.stdout.write("  This file was taken in before: nothing has changed.")
        elif self.dry_run:
            self.write_trial(source.trial)
        else:
            self.stdout.write(f"  Kept as source {source.pk}, SHA-256 {source.sha256}")

    def write_table(self, ledger: Ledger):
        """Write the books: what was found is the sum of what became of it."""
        self.write_row("", COLUMNS, {change: change.label.lower() for change in Change})
        for kind, counts in ledger.rows():
            self.write_row(kind, counts, counts)

    def write_row(self, kind: str, outcomes: dict, changes: dict):
        cells = [f" {sign:1}{outcomes[name]:>10}" for name, sign in SIGNS.items()]
        more = [f"{changes[change]:>10}" for change in Change.values]
        self.stdout.write(f"  {kind:10}{''.join(cells)}   {''.join(more)}")

    def write_trial(self, trial: dict):
        """Write what a dry run found out beside the table."""
        states = ", ".join(f"{count} {name}" for name, count in trial["states"].items())
        if states:
            self.stdout.write(f"  States: {states}")
        if trial["oldest"]:
            self.stdout.write(
                f"  From {trial['oldest'][:10]} to {trial['newest'][:10]}"
            )
        authors = ", ".join(
            f"{name or 'unnamed'} ({count})" for name, count in trial["authors"]
        )
        if authors:
            self.stdout.write(f"  Most frequent authors: {authors}")
        self.stdout.write("  Dry run: nothing was written.")


def archive_in(folder: Path) -> Path:
    """Return the archive in a folder that `export_archive` wrote."""
    packed = folder / "archive.jsonl.gz"
    return packed if packed.exists() else folder / "archive.jsonl"


def printable(path: Path) -> str:
    """Return the path as text, also when its name holds bytes that are none."""
    return os.fsencode(path).decode(errors="replace")
