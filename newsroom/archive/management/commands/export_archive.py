"""Write the archive out: everything, or some stories with all about them."""

from argparse import ArgumentTypeError
from datetime import datetime
from itertools import count
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from newsroom.archive.exporting import FORMATS, ExportError, Wanted, export
from newsroom.archive.exporting.selection import Selection
from newsroom.archive.progress import Progress
from newsroom.archive.records import parse_time

PRIVACY = (
    "The original files are in it as they came, with the e-mail and IP addresses of "
    "commenters. Keep it to yourself."
)


class Command(BaseCommand):
    help = (
        "Writes the archive into a new folder: one file, with all stories, comments "
        "and where they come from, and a manifest.json with its counts and hashes. It "
        "includes what readers do not see (drafts, hidden and removed comments), so "
        "the folder is readable by you alone. The e-mail and IP addresses of "
        "commenters are not in it, unless --with-sources adds the original files."
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, metavar="PATH")
        parser.add_argument("--format", choices=FORMATS, default="jsonl")
        parser.add_argument("--gzip", action="store_true", help="Pack the file.")
        parser.add_argument(
            "--article",
            action="append",
            default=[],
            metavar="SLUG",
            help="Only this story, with its discussion. May be given several times.",
        )
        parser.add_argument(
            "--since",
            type=_date,
            metavar="DATE",
            help="Only stories that changed, or whose discussion did, since this day "
            "or time, such as 2026-11-23 or 2026-11-23T09:30Z.",
        )
        parser.add_argument(
            "--with-sources",
            action="store_true",
            help="Add the files that were taken in, as they came. They contain the "
            "e-mail and IP addresses of commenters.",
        )
        parser.add_argument(
            "--origin",
            default=f"newsroom:{settings.SITE_NAME}",
            help="Whose ids the file carries: keep it the same for every export of "
            "this archive. (%(default)s)",
        )
        parser.add_argument(
            "--site-url",
            default="http://localhost:8000",
            help="The address of this site, for --format wxr. (%(default)s)",
        )

    def handle(self, *, folder, **options):
        wanted = Wanted(
            selection=Selection(tuple(options["article"]), options["since"]),
            format=options["format"],
            is_packed=options["gzip"],
            with_sources=options["with_sources"],
            origin=options["origin"],
            site_url=options["site_url"],
        )
        total, done = wanted.total(), count(1)
        try:
            with Progress(self.stderr) as progress:
                manifest = export(
                    folder, wanted, lambda kind: progress("Writing", next(done), total)
                )
        except ExportError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            where = error.filename or folder
            raise CommandError(f"{where}: {error.strerror}") from error
        self.report(folder, manifest)
        if wanted.with_sources:
            self.stdout.write(self.style.WARNING(PRIVACY))

    def report(self, folder: Path, manifest: dict):
        for kind, number in manifest["counts"].items():
            self.stdout.write(f"  {kind:10}{number:>10}")
        for name, facts in manifest["files"].items():
            self.stdout.write(f"  {name}: {facts['size']} bytes, {facts['sha256']}")
        self.stdout.write(self.style.SUCCESS(f"Written to {folder}"))


def _date(text: str) -> datetime:
    try:
        return parse_time(text).at
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
