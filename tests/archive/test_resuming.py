"""Imports that are stopped: nothing half done is seen, and the next run goes on."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from django.conf import settings as project_settings
from django.core.management import call_command
from django.db import Error, connection, connections

from articles.models import Article
from comments.models import Comment, Discussion
from newsroom.archive import importing
from newsroom.archive.importing import import_file, import_source, planning
from newsroom.archive.models import Record, Source

pytestmark = pytest.mark.django_db(transaction=True)

STORIES, COMMENTS_EACH = 60, 50
TIME_LIMIT = 60  # seconds, for whatever a test waits for
PAGE = "https://example.org/twice"
# Takes the file in each time it reads a line, in a process that can be killed.
SCRIPT = """
import os, sys
from pathlib import Path
import django
from django.conf import settings
from django.db import connection
name, sources, path = sys.argv[1:]
django.setup()
settings.STORAGES["sources"]["OPTIONS"]["location"] = sources
connection.settings_dict["NAME"] = name
from newsroom.archive import importing
from newsroom.archive.importing import import_file, import_source, planning
planning.WHOLE_COMMENTS, planning.BATCH_COMMENTS = 0, 100
for _ in sys.stdin:
    child = os.fork()
    if not child:
        try:
            import_file(Path(path))
            os._exit(0)
        finally:
            os._exit(1)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(planning, "WHOLE_COMMENTS", 0)
    monkeypatch.setattr(planning, "BATCH_COMMENTS", 100)


@pytest.fixture
def start_importer(tmp_path):
    """Return a starter of imports in a process of its own: path in, importer out."""
    processes = []

    def start(path):
        database = connection.settings_dict["NAME"]
        processes.append(
            subprocess.Popen(  # noqa: S603 (our own code)
                [sys.executable, "-c", SCRIPT, database, tmp_path / "sources", path],
                cwd=project_settings.BASE_DIR,
                env={**os.environ, "DJANGO_SETTINGS_MODULE": "newsroom.settings"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
        return _Importer(processes[-1])

    yield start
    for process in processes:
        process.communicate()


class _Importer:
    def __init__(self, process):
        self.process = process

    def start(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.child = int(self.process.stdout.readline())

    def kill(self):
        os.kill(self.child, signal.SIGKILL)

    def wait(self):
        """Return how the run ended: 0, or the negative number of a signal."""
        return int(self.process.stdout.readline())


def article(id="ferry", **fields):
    given = {"headline": f"Story {id}", "status": "published"}
    return {"type": "article", "id": id, **given, **fields}


def comment(id, **fields):
    given = {"article": "ferry", "body": f"Comment {id}.", "status": "public"}
    return {"type": "comment", "id": id, **given, **fields}


def reply(id, parent, **fields):
    return comment(id, parent=parent, **fields)


def many_records():
    """Return stories whose comments answer one another in every way there is."""
    chance = random.Random(7)  # noqa: S311 (the same file each time)
    records = [
        article(
            str(story),
            slug=f"story-{story}",
            # Two of one address are two stories, also when one was written before.
            source_url=PAGE if story % 20 == 0 else "",
            last_number=70 if story % 7 == 0 else 0,
            # One that is set aside, as are its comments.
            section="none" if story == 31 else None,
        )
        for story in range(STORIES - 2)
    ]
    for number in range(STORIES * COMMENTS_EACH):
        parent = chance.choice(
            [
                "",
                f"c{number}",  # itself
                f"c{number + 60}",  # one that comes later, of the same story
                f"c{number - 60}",
                f"c{number - 120}",
                f"c{number - 1}",  # one of another story
                "nobody",
                "c31",  # one that was set aside
                "c5",  # one that cannot be used
            ]
        )
        minute = f"2019-03-14T{number // 60 % 24:02}:{number % 60:02}Z"
        records.append(
            comment(
                f"c{number}",
                article=str(number % STORIES),  # The last two have no record.
                parent=parent,
                posted=minute if number % 3 else None,
                language="?" if number == 5 else "en",
            )
        )
        if number % 500 == 0:
            records.append(comment(f"c{number}", article=str(number % STORIES)))
    return records


def what_is_stored():
    """Return all that an import has written, but for keys and the times of writing."""
    stories = Discussion.objects.values_list(
        "article__headline", "article__slug", "comment_count", "last_number"
    )
    comments = Comment.objects.values_list(
        "discussion__article__headline",
        "number",
        "path",
        "parent__number",
        "reply_basis",
        "body",
        "status",
        "posted_at",
    )
    records = Record.objects.values_list(
        "position",
        "start",
        "end",
        "kind",
        "given_id",
        "occurrence",
        "given_parent",
        "awaits_parent",
        "outcome",
        "change",
        "reason",
        "article__headline",
        "comment__discussion__article__headline",
        "comment__number",
    )
    return {
        "stories": sorted(stories),
        "comments": sorted(comments, key=lambda row: row[:2]),
        "records": sorted(records),
    }


def count_by_story():
    """Return how many comments each story has, as one reader sees it at one moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT headline, count(comment.id) FROM articles_article AS article"
            " LEFT JOIN comments_comment AS comment"
            " ON comment.discussion_id = article.id GROUP BY article.id"
        )
        return cursor.fetchall()


@contextmanager
def reader():
    """Look at the stories as long as the block runs; yields all that was seen."""
    seen, is_over = set(), Event()

    def look():
        try:
            while not is_over.wait(0.01):
                seen.update(count_by_story())
        finally:
            connections.close_all()

    thread = Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        is_over.set()
        thread.join()


def kill_when(importer, is_time):
    deadline, pause = time.monotonic() + TIME_LIMIT, Event()
    while not is_time():
        assert time.monotonic() < deadline
        pause.wait(0.005)
    importer.kill()


def test_import_that_is_killed_again_and_again_ends_like_one_left_alone(
    write_archive, start_importer, small_batches
):
    path = write_archive(*many_records())
    importer = start_importer(path)
    began = time.monotonic()
    import_file(path)
    duration = time.monotonic() - began
    undisturbed, books = what_is_stored(), Source.objects.get().ledger
    whole = set(count_by_story())
    call_command("flush", verbosity=0, interactive=False)
    ends = []

    with reader() as seen:
        for share in (0.02, 0.15, 0.3):  # While it is read, and while it is planned.
            importer.start()
            moment = time.monotonic() + share * duration
            kill_when(importer, lambda moment=moment: time.monotonic() > moment)
            ends.append(importer.wait())
        for count in (1, 12, 25, 45):  # While it is written.
            importer.start()
            kill_when(importer, lambda count=count: Article.objects.count() >= count)
            ends.append(importer.wait())
        importer.start()
        ends.append(importer.wait())

    assert ends == [-signal.SIGKILL] * 7 + [0]
    assert seen <= whole
    assert what_is_stored() == undisturbed
    source = Source.objects.get()
    assert (source.state, source.ledger) == ("done", books)


@contextmanager
def refusing(body):
    """Let the database refuse this comment, as if the run were stopped there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE comments_comment ADD CONSTRAINT refused"
            f" CHECK (body <> '{body}') NOT VALID"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE comments_comment DROP CONSTRAINT refused")


def write_two_batches(write_archive, monkeypatch):
    """Write two stories that are taken in one by one; the second says “No!”."""
    monkeypatch.setattr(planning, "WHOLE_COMMENTS", 1)
    monkeypatch.setattr(planning, "BATCH_COMMENTS", 1)
    return write_archive(
        article(),
        article("bridge"),
        comment("1"),
        comment("2", article="bridge", body="No!"),
    )


def test_batch_that_the_database_refuses_leaves_the_others_and_can_go_on(
    write_archive, monkeypatch
):
    path = write_two_batches(write_archive, monkeypatch)

    with refusing("No!"), pytest.raises(Error, match="refused"):
        import_file(path)

    source = Source.objects.get()
    assert (source.state, '"refused"' in source.error) == ("failed", True)
    assert count_by_story() == [("Story ferry", 1)]
    ledger = import_file(path)
    assert ledger.counts == {
        "article": Counter(found=2, public=2, new=2),
        "comment": Counter(found=2, public=2, new=2),
    }
    assert sorted(count_by_story()) == [("Story bridge", 1), ("Story ferry", 1)]
    assert (ledger.source.state, ledger.source.error) == ("done", "")


def times_tidied():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_get_vacuum_count('comments_comment'::regclass)")
        return cursor.fetchone()[0]


def test_database_is_tidied_up_when_the_last_batch_of_a_large_file_is_written(
    write_archive, monkeypatch
):
    path = write_two_batches(write_archive, monkeypatch)
    before = times_tidied()
    with refusing("No!"), pytest.raises(Error, match="refused"):
        import_file(path)
    assert times_tidied() == before

    ledger = import_file(path)  # One batch is left.

    assert (ledger.source.state, times_tidied()) == ("done", before + 1)
    import_source(ledger.source, again=True)
    assert times_tidied() == before + 2


def test_small_file_leaves_the_database_to_tidy_up_by_itself(write_archive):
    before = times_tidied()

    import_file(write_archive(article(), comment("1")))

    assert times_tidied() == before


def test_file_is_taken_in_when_the_database_cannot_be_tidied_up(
    write_archive, monkeypatch, caplog
):
    monkeypatch.setattr(planning, "WHOLE_COMMENTS", 0)
    monkeypatch.setattr(importing, "LIVE", ("no_such_table",))

    ledger = import_file(write_archive(article(), comment("1")))

    assert (Source.objects.get().state, Source.objects.get().error) == ("done", "")
    assert ledger.counts["comment"] == Counter(found=1, public=1, new=1)
    assert caplog.messages == ["The database could not be tidied up after an import"]


def test_newer_file_that_was_stopped_still_moves_what_it_had_changed(
    write_archive, monkeypatch
):
    path = write_archive(article(), article("bridge"), comment("1"), reply("2", "1"))
    import_file(path)
    monkeypatch.setattr(planning, "WHOLE_COMMENTS", 0)
    monkeypatch.setattr(planning, "BATCH_COMMENTS", 1)
    newer = write_archive(
        article(last_number=9),
        article("bridge"),
        reply("1", "2"),
        comment("2"),
        comment("3", article="bridge", body="No!"),
        name="newer.jsonl",
    )

    with refusing("No!"), pytest.raises(Error, match="refused"):
        import_file(newer)

    import_file(newer)
    of_ferry = Comment.objects.filter(discussion__article__headline="Story ferry")
    assert list(of_ferry.in_reading_order().values_list("body", "path")) == [
        ("Comment 2.", [2]),
        ("Comment 1.", [2, 1]),
    ]
    ferry = Discussion.objects.get(article__headline="Story ferry")
    assert (ferry.last_number, Comment.objects.count()) == (9, 3)


def test_stories_of_one_headline_in_several_batches_get_addresses_of_their_own(
    write_archive, monkeypatch
):
    monkeypatch.setattr(planning, "WHOLE_STORIES", 0)
    monkeypatch.setattr(planning, "BATCH_STORIES", 2)
    path = write_archive(
        *[article(str(number), headline="Ferry") for number in range(12)],
        *[article(f"s{number}", slug="bridge") for number in range(12)],
    )

    import_file(path)

    slugs = Article.objects.values_list("slug", flat=True)
    assert (len(slugs), "ferry" in slugs, "bridge" in slugs) == (24, True, True)
