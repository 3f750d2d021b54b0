"""Take files in: stories and comments, with where they come from."""

import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from newsroom.archive.formats import FORMATS
from newsroom.archive.importing import BooksDoNotBalance, Ledger, import_file
from newsroom.archive.records import FormatError

MOST_REASONS = 12
# The exit status when all that is whole was taken in, and something was not whole.
TRUNCATED = 3


class Command(BaseCommand):
    help = (
        "Takes files in. Each is kept byte for byte and is one transaction: all of it, "
        "or nothing and a message. The same file again changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--format", choices=["auto", *FORMATS], default="auto")
        parser.add_argument(
            "--dry-run", action="store_true", help="Count, and write nothing."
        )

    def handle(self, *, files, format, dry_run, **options):
        failures = truncated = 0
        for path in files:
            try:
                ledger = import_file(path, format=format, dry_run=dry_run)
            except (FormatError, BooksDoNotBalance) as error:
                self.fail(path, error)
                failures += 1
            except OSError as error:
                self.fail(path, error.strerror)
                failures += 1
            except IntegrityError as error:
                self.fail(path, f"the database refused a record: {error}")
                failures += 1
            else:
                self.report(path, ledger, dry_run)
                truncated += bool(ledger.source.ends_early)
        if failures:
            raise CommandError(
                f"{failures} of {len(files)} files could not be taken in, and nothing "
                f"of {'it' if failures == 1 else 'them'} was kept."
            )
        if truncated:
            raise CommandError(
                f"{truncated} of {len(files)} files could not be read to their end.",
                returncode=TRUNCATED,
            )

    def fail(self, path: Path, why: object):
        self.stderr.write(self.style.ERROR(f"{printable(path)}: {why}"))

    def report(self, path: Path, ledger: Ledger, dry_run: bool):
        self.stdout.write(f"{printable(path)} ({ledger.format})")
        self.stdout.write(
            f"  {'':10}{'found':>8}  = {'stored':>8}  + {'already there':>14}"
            f"  + {'set aside':>10}"
        )
        for kind, found, stored, already_there, set_aside in ledger.rows():
            self.stdout.write(
                f"  {kind:10}{found:>8}  = {stored:>8}  + {already_there:>14}"
                f"  + {set_aside:>10}"
            )
        for reason, count in ledger.reasons.most_common(MOST_REASONS):
            self.stdout.write(f"  {count} × {reason}")
        if (others := len(ledger.reasons) - MOST_REASONS) > 0:
            self.stdout.write(
                f"  … and {others} more reasons: see its records in admin"
            )
        for what, count in ledger.source.repairs.get("counts", {}).items():
            self.stdout.write(f"  Repaired, {count} × {what}")
        if ledger.source.ends_early:
            self.stdout.write(f"  The file ends early: {ledger.source.ends_early}")
        if dry_run and not ledger.was_known:
            self.stdout.write("  Dry run: nothing was written.")
        elif ledger.was_known:
            self.stdout.write("  This file was taken in before: nothing has changed.")
        else:
            self.stdout.write(
                f"  Kept as source {ledger.source.pk}, SHA-256 {ledger.source.sha256}"
            )


def printable(path: Path) -> str:
    """Return the path as text, also when its name holds bytes that are none."""
    return os.fsencode(path).decode(errors="replace")
