"""Prove that the archive is what it says, or tell where it is not."""

from itertools import count

from django.core.management.base import BaseCommand, CommandError

from newsroom.archive.progress import Progress
from newsroom.archive.verifying import Verification


class Command(BaseCommand):
    help = (
        "Rehashes every kept file, recounts every ledger, thread and summary, and "
        "renders every comment anew. Prints each difference and ends with status 1 if "
        "there is one. It changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--skip-rendering",
            action="store_true",
            help="Do not render the comments anew, which takes longest.",
        )

    def handle(self, *, skip_rendering, **options):
        verification = Verification(with_rendering=not skip_rendering)
        total, done, found = verification.total(), count(1), 0
        with Progress(self.stderr) as progress:
            verification.tell = lambda: progress("Verifying", next(done), total)
            for difference in verification.differences():
                found += 1
                self.stdout.write(self.style.ERROR(difference))
        self.stdout.write(self.summary(verification))
        if found:
            raise CommandError(f"{found} differences were found.", returncode=1)

    def summary(self, verification: Verification) -> str:
        seen, gone = verification.seen, verification.gone
        summary = (
            f"{seen['sources']} sources, {seen['records']} records and "
            f"{seen['comments']} comments were verified."
        )
        if gone:
            summary += (
                f" Since they were taken in, {gone['article']} stories and "
                f"{gone['comment']} comments were deleted."
            )
        return summary
