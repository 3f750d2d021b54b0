"""How fast a file is taken in, beside a bare COPY of the same rows.

    uv run tests/benchmarks/measure_import.py [FILE] [--format wxr] [--articles 20000]
        [--comments 1000000] [--largest 100000] [--seed 1] [--database-url URL]

Without FILE an archive is generated. It is taken in by the ordinary importer into an
empty database: an embedded server with a folder of its own, which is removed
afterwards (keep it with --keep FOLDER, to measure other things in it), or the one
named. Then the rows it gave are copied out and, by COPY alone, into empty tables with
the same columns, checks and indexes, but without foreign keys and triggers. Said are
seconds, comments a second, the processor time that a comment took of Python and of an
embedded PostgreSQL, the highest resident memory of the importing process, and the ratio
of the two.
"""

import argparse
import contextlib
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

PROJECT = Path(__file__).resolve().parents[2]
TABLES = ("articles_article", "comments_comment", "archive_record")
CHUNK = 1024 * 1024


def main():
    options = parse()
    with tempfile.TemporaryDirectory(prefix="newsroom-import-") as scratch:
        # The embedded server may run under an account of its own.
        Path(scratch).chmod(0o755)
        set_up(options, Path(scratch))
        path = options.file or generate(options, Path(scratch))
        seconds, comments = take_in(path)
        report("import", seconds, comments)
        for name, who in (
            ("highest memory of the importing process", resource.RUSAGE_SELF),
            ("highest memory of the one that reads", resource.RUSAGE_CHILDREN),
        ):
            peak = resource.getrusage(who).ru_maxrss / 1024
            print(f"{name:42}{peak:10.0f} MB")
        bare = sum(copy_bare(table, Path(scratch)) for table in TABLES)
        report("bare COPY of the same rows", bare, comments)
        print(f"{'import as a share of bare COPY':42}{bare / seconds:10.0%}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--format", choices=["wxr", "disqus", "jsonl"], default="wxr")
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--comments", type=int, default=1_000_000)
    parser.add_argument("--largest", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--database-url", default="")
    return parser.parse_args()


def set_up(options: argparse.Namespace, scratch: Path):
    """Make Django ready on an empty database."""
    folder = options.keep or scratch / "var"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "VAR_DIR": str(folder),
        "DATABASE_URL": options.database_url,
        "SECRET_KEY": "only for a benchmark",
    }
    sys.path.insert(0, str(PROJECT))
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from comments.models import Comment

    if Comment.objects.exists():
        sys.exit("The database is not empty: name another folder or database.")


def generate(options: argparse.Namespace, scratch: Path) -> Path:
    sys.path.insert(0, str(Path(__file__).parent))
    from generate import write_archive

    path = scratch / f"archive.{options.format}"
    began = time.monotonic()
    with path.open("wb") as file:
        write_archive(
            file,
            options.format,
            articles=options.articles,
            comments=options.comments,
            largest=options.largest,
            seed=options.seed,
        )
    report("generate the file", time.monotonic() - began, options.comments)
    print(f"{'its size':42}{path.stat().st_size / 1e6:10.0f} MB")
    return path


class Cost(NamedTuple):
    """Seconds by the clock, and of processors: Python's, its reader's, PostgreSQL's."""

    clock: float
    python: float
    reader: float
    postgres: float

    @classmethod
    def so_far(cls) -> "Cost":
        own, children = (
            usage.ru_utime + usage.ru_stime
            for usage in map(
                resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
            )
        )
        return cls(time.monotonic(), own, children, seconds_of_postgres())

    def since(self, earlier: "Cost") -> "Cost":
        return Cost(*(now - then for now, then in zip(self, earlier, strict=True)))

    def tell(self, what: str, comments: int):
        shares = ", ".join(
            f"{name} {seconds / comments * 1e6:.0f}"
            for name, seconds in self._asdict().items()
            if name != "clock"
        )
        print(f"{f'{what}, µs of a processor a comment':42} {shares}")


def seconds_of_postgres() -> float:
    """Return what the embedded server has used, the backends that are gone included."""
    from django.conf import settings

    from newsroom.postgres.base import server_in

    if settings.EMBEDDED_POSTGRES is None:
        return 0.0
    server = server_in(settings.EMBEDDED_POSTGRES)
    postmaster = psutil.Process(server._postmaster.pid)
    total = sum(postmaster.cpu_times()[:4])
    for child in postmaster.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(child.cpu_times()[:2])
    return total


def take_in(path: Path) -> tuple[float, int]:
    """Import a file; return the seconds that took and how many comments it has."""
    from newsroom.archive.importing import import_file

    began = {"all": Cost.so_far()}

    def note(phase: str, *_):
        if phase not in began:
            began[phase] = Cost.so_far()

    ledger = import_file(path, progress=note)
    ended = Cost.so_far()
    for kind, counts in ledger.rows():
        print(f"{kind:16}", dict(counts))
    comments = ledger.counts["comment"]["found"]
    start = began.pop("all")
    for phase, cost in began.items():
        print(f"{f'{phase} began after':42}{cost.since(start).clock:10.1f} s")
        cost.since(start).tell(f"until {phase} began", comments)
    whole = ended.since(start)
    whole.tell("import", comments)
    return whole.clock, comments


def copy_bare(table: str, scratch: Path) -> float:
    """Copy a table's rows into an empty one like it; return the seconds of COPY."""
    from django.db import connection

    rows = scratch / "rows"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(column_name), ',' ORDER BY ordinal_position)"
            " FROM information_schema.columns"
            " WHERE table_name = %s AND is_generated = 'NEVER'",
            [table],
        )
        (columns,) = cursor.fetchone()
        with (
            rows.open("wb") as file,
            cursor.copy(f"COPY {table} ({columns}) TO STDOUT") as copying,
        ):
            for data in copying:
                file.write(data)
        cursor.execute(f"CREATE TABLE bare (LIKE {table} INCLUDING ALL)")
        began = Cost.so_far()
        with (
            rows.open("rb") as file,
            cursor.copy(f"COPY bare ({columns}) FROM STDIN") as copying,
        ):
            while data := file.read(CHUNK):
                copying.write(data)
        cost = Cost.so_far().since(began)
        cursor.execute("SELECT count(*) FROM bare")
        (count,) = cursor.fetchone()
        cursor.execute("DROP TABLE bare")
    what = f"bare COPY of {count:,} rows of {table}"
    print(f"{what:42}{cost.clock:10.1f} s")
    cost.tell(what, count)
    return cost.clock


def report(what: str, seconds: float, comments: int):
    print(f"{what:42}{seconds:10.1f} s{comments / seconds:12,.0f} comments/s")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
