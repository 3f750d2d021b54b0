"""How long a search takes: whole requests to the search page, in this process.

    uv run tests/benchmarks/measure_search.py FOLDER [--database-url URL] [--rounds 1]

FOLDER holds a database with an archive in it: what `measure_import.py --keep FOLDER`
leaves. Its words are sorted by how many comments have them (from a sample), and about
300 searches are made of them: rare words and common ones, one and three, best and
newest first, with facets, deep pages, and some that find nothing. Each is asked once to
warm up, as a server that runs has been, and then measured. Said are, for each class and
for all, the time within which half and 95 of a hundred are answered, the longest, the
share below 60 ms, and the numbers of queries. "cpu" is the time that this process and
its PostgreSQL have worked, which says more on a machine that others use, too.
"""

import argparse
import functools
import itertools
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from html import unescape
from importlib import import_module
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

PROJECT = Path(__file__).resolve().parents[2]
TARGET = 0.060
# Of a hundred comments, at most and at least so many have the word.
CLASSES = {
    "rare": (0.01, 0.0),
    "0.1 %": (0.15, 0.05),
    "0.5 %": (0.7, 0.3),
    "1-2 %": (2.2, 0.9),
    "5 %": (7.0, 3.0),
    "very common": (100.0, 15.0),
}
WORDS_OF_A_CLASS = 10
FACETS = (
    {"section": "city"},
    {"section": "letters", "kind": "comment"},
    {"topic": "coastal housing"},
    {"since": "2012", "until": "2012"},
    {"until": "2008-03"},
    {"language": "en"},
    {"replies": "on"},
    {"source": "1"},
    {"topic": "coastal housing", "since": "2015", "replies": "on"},
)
SAMPLE = """
    SELECT word, ndoc * 100.0 / %(of)s FROM ts_stat(
        'SELECT ts_filter(search_vector, ''{d}'') FROM comments_comment
        WHERE id %% 20 = 0'
    ) WHERE word ~ '^[[:alpha:]]+$' ORDER BY ndoc DESC, word
"""


class Measured(NamedTuple):
    """What a request cost: seconds, seconds of work, queries."""

    seconds: float
    work: float
    queries: int
    address: str


def main():
    options = parse()
    set_up(options)
    times = defaultdict(list)
    for name, address in searches():
        for at in range(options.rounds + 1):
            measured = ask(address)
            if at:
                times[name].append(measured)
    print(
        f"{'milliseconds':26}{'n':>4} {'p50':>8}{'p95':>8}{'max':>8}"
        f"{'p50 cpu':>8}{'p95 cpu':>8}  <60 ms  queries"
    )
    for name, measured in times.items():
        report(name, measured)
    every = list(itertools.chain.from_iterable(times.values()))
    report("all", every)
    print("\nThe slowest:")
    for slow in sorted(every, reverse=True)[:8]:
        times = f"{slow.seconds * 1000:8.0f} ms, cpu {slow.work * 1000:.0f}"
        print(f"{times:24}{slow.address}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database-url", default="")
    parser.add_argument("--rounds", type=int, default=1)
    return parser.parse_args()


def set_up(options: argparse.Namespace):
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "VAR_DIR": str(options.folder),
        "DATABASE_URL": options.database_url,
        "SECRET_KEY": "only for a benchmark",
        "HTTPS": "0",
        "ALLOWED_HOSTS": "testserver",
    }
    sys.path.insert(0, str(PROJECT))
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    # What each process of a server loads, and keeps out of the collector's way.
    import_module("newsroom.wsgi")


@functools.cache
def client():
    from django.test import Client

    return Client()


def ask(address: str) -> Measured:
    """Return what a request costs."""
    from django.db import connection

    count = itertools.count()

    def counting(execute, *arguments):
        next(count)
        return execute(*arguments)

    with connection.execute_wrapper(counting):
        began, used = time.perf_counter(), processor_time()
        response = client().get(address)
        seconds, work = time.perf_counter() - began, processor_time() - used
    if response.status_code != 200:
        print(f"{response.status_code} for {address}")
    return Measured(seconds, work, next(count), address)


def processor_time() -> float:
    """Return the seconds that this process and its PostgreSQL have worked."""
    here = time.process_time()
    try:
        there = Path(f"/proc/{backend()}/schedstat").read_text().split()[0]
    except OSError:  # A server on another machine.
        return here
    return here + int(there) / 1e9


@functools.cache
def backend() -> int:
    from django.db import connection

    # One connection for all, so that it is known who works.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def searches() -> Iterator[tuple[str, str]]:
    """Yield the name of a class and the address of a search in it."""
    words = words_by_class()
    for order in ("best", "newest"):
        yield from in_order(words, order)
    for word in words["0.5 %"]:
        yield "phrases", address(f'"{words["5 %"][0]} {word}"', "best")
        yield "nothing found", address(word[:2] + word[3:] + "q", "best")


def in_order(words: dict[str, list[str]], order: str) -> Iterator[tuple[str, str]]:
    for name, found in words.items():
        for word in found:
            yield f"{name}, {order}", address(word, order)
    for name in ("0.1 %", "0.5 %", "5 %", "very common"):
        for three in zip(*[iter(words[name])] * 3, strict=False):
            yield f"three of {name}, {order}", address(" ".join(three), order)
    for three in zip(words["0.5 %"], words["5 %"], words["very common"], strict=False):
        yield f"three mixed, {order}", address(" ".join(three), order)
        yield f"one of three, {order}", address(" or ".join(three), order)
    every = (*FACETS, {"story": longest_discussion()})
    for facets, name in itertools.product(every, ("0.5 %", "5 %", "very common")):
        yield f"with facets, {order}", address(words[name][0], order, **facets)
    for name in ("0.1 %", "1-2 %", "5 %"):
        for word in words[name][:3]:
            yield f"deep pages, {order}", deep(address(word, order))


@functools.cache
def longest_discussion() -> str:
    """Return the address of the story with most comments."""
    from comments.models import Discussion

    return Discussion.objects.with_story().liveliest().first().article.slug


def words_by_class() -> dict[str, list[str]]:
    """Return for each class words of comments, spread over it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM comments_comment WHERE id % 20 = 0")
        (of,) = cursor.fetchone()
        cursor.execute(SAMPLE, {"of": of})
        shares = [(word, float(share)) for word, share in cursor]
    words = {}
    for name, (most, least) in CLASSES.items():
        found = [word for word, share in shares if least <= share <= most]
        words[name] = found[:: max(len(found) // WORDS_OF_A_CLASS, 1)]
        del words[name][WORDS_OF_A_CLASS:]
    return words


def address(words: str, order: str, **facets: str) -> str:
    return f"/search/?{urlencode({'q': words, 'order': order, **facets})}"


def deep(address: str) -> str:
    """Return the tenth page of a search, or the last if it has less."""
    for _ in range(9):
        html = client().get(address).content.decode()
        _, found, link = html.rpartition('<p class="pager"><a href="')
        if not found:
            break
        query = unescape(link.partition('"')[0])
        address = f"/search/{query}"
    return address


def report(name: str, measured: list[Measured]):
    seconds = sorted(each.seconds for each in measured)
    p95 = seconds[min(int(len(seconds) * 0.95), len(seconds) - 1)]
    columns = [statistics.median(seconds), p95, seconds[-1]]
    work = sorted(each.work for each in measured)
    columns += [
        statistics.median(work),
        work[min(int(len(work) * 0.95), len(work) - 1)],
    ]
    within = sum(second < TARGET for second in seconds) / len(seconds)
    queries = [each.queries for each in measured]
    print(
        f"{name:26}{len(seconds):4}",
        "".join(f"{column * 1000:8.1f}" for column in columns),
        f"{within:8.0%}   {min(queries)}-{max(queries)}",
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
