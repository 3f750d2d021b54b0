"""Taking files in: nothing lost, nothing half done, and books that balance."""

import hashlib
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace

import pytest
from django.db import Error, connection, connections

from articles.models import Article, Author, Byline, Section, Topic
from comments.models import Comment, Discussion
from newsroom import settings as project_settings
from newsroom.archive.formats import FORMATS
from newsroom.archive.importing import (
    BooksDoNotBalance,
    import_file,
    import_source,
)
from newsroom.archive.models import Record, Source, sources_storage
from newsroom.archive.records import (
    ArticleRecord,
    CommentRecord,
    Condition,
    FormatError,
    Found,
    SourceRecord,
)

pytestmark = pytest.mark.django_db

CIRCLE = (
    "Its parent “{}” answers it in turn: as the oldest of the circle it answers nobody"
)
LONG_URL = "https://example.org/" + "u" * 2980
WHOLE_PAGE = {
    "author": {"found": 1, "public": 1, "new": 1},
    "article": {"found": 1, "public": 1, "new": 1},
    "comment": {"found": 13, "public": 13, "new": 13},
}
BELOW_BRIDGE = {"article": "bridge"}
TWICE = "Its id is used twice in the file"
CAPTURE = """\
Ferry to the islands sails again

It left the harbour on Monday morning.

Ida Moe is a reporter who covers the coast.

  • At last!
"""


def article(id="ferry", **fields):
    given = {"headline": f"Story {id}", "status": "published"}
    return {"type": "article", "id": id, **given, **fields}


def comment(id, **fields):
    given = {"article": "ferry", "body": f"Comment {id}.", "status": "public"}
    return {"type": "comment", "id": id, **given, **fields}


def reply(id, parent, **fields):
    return comment(id, parent=parent, **fields)


def author(id, name, **fields):
    return {"type": "author", "id": id, "name": name, **fields}


def section(id, name):
    return {"type": "section", "id": id, "name": name}


def records_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()[1:]]


def answers():
    """Return who answers whom, as pairs of the comments' texts."""
    return set(Comment.objects.exclude(parent=None).values_list("body", "parent__body"))


def outcomes(ledger):
    """Return what became of each record of the ledger's file."""
    return list(
        ledger.source.records.values_list("kind", "given_id", "outcome", "reason")
    )


def books(ledger):
    """Return a ledger without its columns of zero."""
    return {
        kind: {column: count for column, count in counts.items() if count}
        for kind, counts in ledger.as_json().items()
    }


def set_aside(ledger):
    return [
        (kind, id, reason)
        for kind, id, outcome, reason in outcomes(ledger)
        if outcome == "set_aside"
    ]


# The sample


def test_sample_is_stored_whole(sample):
    ledger = import_file(sample)

    assert books(ledger) == {
        "section": {"found": 1, "public": 1, "new": 1},
        "author": {"found": 1, "public": 1, "new": 1},
        "article": {"found": 1, "public": 1, "new": 1},
        "comment": {"found": 13, "public": 13, "new": 13},
    }
    assert ledger.reasons == {}
    assert (
        Source.objects.get().ledger,
        Section.objects.count(),
        Author.objects.count(),
        Article.objects.count(),
        Comment.objects.public().count(),
        Discussion.objects.get().comment_count,
    ) == (ledger.as_json(), 1, 1, 1, 13, 13)


def test_sample_has_its_thread(sample):
    import_file(sample)

    replies = Comment.objects.exclude(parent=None)
    assert {
        (reply.number, reply.parent.number, reply.reply_basis, reply.reply_confidence)
        for reply in replies.select_related("parent")
    } == {
        (2, 1, "edited", None),
        (5, 4, "edited", None),
        (7, 6, "edited", None),
        (9, 8, "edited", None),
        (11, 10, "edited", None),
        (12, 11, "edited", None),
    }
    assert list(Comment.objects.in_reading_order().values_list("number", "path")) == [
        (1, [1]),
        (2, [1, 2]),
        (3, [3]),
        (4, [4]),
        (5, [4, 5]),
        (6, [6]),
        (7, [6, 7]),
        (8, [8]),
        (9, [8, 9]),
        (10, [10]),
        (11, [10, 11]),
        (12, [10, 11, 12]),
        (13, [13]),
    ]


def test_sample_has_neither_names_nor_dates_of_comments(sample):
    import_file(sample)

    facts = Comment.objects.values_list(
        "author_name", "author_url", "user", "posted_at", "posted_precision"
    )
    assert set(facts) == {("", "", None, None, "unknown")}
    assert list(
        Comment.objects.order_by("number").values_list("language", "is_truncated")
    ) == [("en", False)] * 12 + [("pt", True)]


def test_sample_is_dated_to_the_day(sample):
    import_file(sample)

    story = Article.objects.published().get()
    assert (story.published_at, story.published_precision, story.published_basis) == (
        datetime(2018, 2, 23, tzinfo=UTC),
        "day",
        "edited",
    )
    assert story.published_in_words == "23 February 2018"


def test_sample_has_its_section_topics_and_byline(sample):
    import_file(sample)

    story = Article.objects.get()
    [byline] = story.bylines.all()
    assert story.section.name == "Technology"
    assert list(story.topics.values_list("name", flat=True)) == [
        "Artificial intelligence",
        "Cloud computing",
        "Microsoft",
        "Xiaomi",
    ]
    assert (byline.author.name, byline.biography) == ("Dan Thorp-Lancaster", "")


def test_sample_leaves_a_record_of_every_line(sample):
    data = sample.read_bytes()
    _, *lines = data.splitlines()

    import_file(sample)

    records = Record.objects.select_related("article", "comment")
    assert [(one.position, data[one.start : one.end]) for one in records] == list(
        enumerate(lines, 1)
    )
    assert [one.article for one in records] == [
        None,
        None,
        Article.objects.get(),
        *[None] * 13,
    ]
    assert [one.comment for one in records] == [
        None,
        None,
        None,
        *Comment.objects.order_by("number"),
    ]


def test_source_tells_where_a_file_came_from(write_archive, django_user_model):
    editor = django_user_model.objects.create(username="editor")
    path = write_archive(
        url="https://example.org/export", captured="2019-03", note="Names were lost."
    )

    ledger = import_file(path, by=editor)

    source = Source.objects.get()
    assert source == ledger.source
    assert (source.name, source.size, source.format, source.origin, source.url) == (
        "archive.jsonl",
        path.stat().st_size,
        "jsonl",
        "example.org",
        "https://example.org/export",
    )
    assert (source.captured_at, source.captured_precision, source.note) == (
        datetime(2019, 3, 1, tzinfo=UTC),
        "month",
        "Names were lost.",
    )
    assert source.imported_by == editor


# Again, and not at all


def test_second_import_changes_nothing(sample, all_rows, kept_files):
    first = import_file(sample)
    rows, files = all_rows(), kept_files()

    ledger = import_file(sample)

    assert (all_rows(), kept_files()) == (rows, files)
    assert ledger.was_known
    assert ledger.as_json() == first.as_json()


def test_second_import_repeats_what_was_set_aside(write_archive):
    path = write_archive(article(), {"type": "comment", "id": "1"}, {"type": "poll"})
    first = import_file(path)

    second = import_file(path)

    assert books(second) == {
        "article": {"found": 1, "public": 1, "new": 1},
        "comment": {"found": 1, "set_aside": 1, "new": 1},
        "unknown": {"found": 1, "set_aside": 1, "new": 1},
    }
    assert second.reasons == first.reasons


def test_same_file_under_another_name_is_known(sample, tmp_path, all_rows):
    import_file(sample)
    rows = all_rows()
    copy = tmp_path / "copy.txt"
    copy.write_bytes(sample.read_bytes())

    ledger = import_file(copy)

    assert ledger.was_known
    assert all_rows() == rows


def test_dry_run_writes_nothing(sample, all_rows, kept_files):
    rows = all_rows()

    import_file(sample, dry_run=True)

    assert (all_rows(), kept_files()) == (rows, {})


def test_dry_run_has_the_ledger_of_the_real_run(write_archive):
    path = write_archive(
        article(), comment("1"), comment("1"), reply("2", "9"), {"type": "poll"}
    )

    dry = import_file(path, dry_run=True)

    real = import_file(path)
    assert (dry.as_json(), dry.reasons, dry.format, dry.was_known) == (
        real.as_json(),
        real.reasons,
        real.format,
        False,
    )


# The kept file


def test_file_is_kept_byte_for_byte_under_its_hash(sample, kept_files):
    data = sample.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()

    import_file(sample)

    source = Source.objects.get()
    assert (source.sha256, source.file.name) == (sha256, f"{sha256[:2]}/{sha256}")
    assert kept_files() == {f"{sha256[:2]}/{sha256}": data}


def test_odd_bytes_are_kept_as_they_came(tmp_path, kept_files):
    data = "\ufeffFerry\r\n\r\nIt left.  \r\n\r\n\r\n • At last!\x0c".encode()
    path = tmp_path / "odd.txt"
    path.write_bytes(data)

    import_file(path)

    assert list(kept_files().values()) == [data]


def test_kept_file_is_for_its_owner_alone(sample, settings, tmp_path):
    options = project_settings.STORAGES["sources"]["OPTIONS"]
    settings.STORAGES = {
        **settings.STORAGES,
        "sources": {
            **project_settings.STORAGES["sources"],
            "OPTIONS": {**options, "location": tmp_path / "private"},
        },
    }

    import_file(sample)

    path = Path(sources_storage().path(Source.objects.get().file.name))
    modes = [
        stat.S_IMODE(one.stat().st_mode)
        for one in (path, path.parent, tmp_path / "private")
    ]
    assert modes == [0o600, 0o700, 0o700]


def test_part_left_by_a_crash_is_replaced(sample, settings, kept_files):
    sha256 = hashlib.sha256(sample.read_bytes()).hexdigest()
    root = Path(settings.STORAGES["sources"]["OPTIONS"]["location"])
    (root / sha256[:2]).mkdir(parents=True)
    (root / sha256[:2] / sha256).write_bytes(b"half of i")

    import_file(sample)

    assert kept_files() == {f"{sha256[:2]}/{sha256}": sample.read_bytes()}


def test_file_whose_name_is_not_utf8_is_taken_in(write_archive):
    path = write_archive(article())
    path = path.rename(path.with_name(os.fsdecode(b"caf\xe9.jsonl")))

    import_file(path)

    assert Source.objects.get().name == "caf\ufffd.jsonl"


# All of it or nothing


def test_bad_line_leaves_nothing(write_archive, all_rows, kept_files):
    path = write_archive(article(), comment("1"), comment("2"))
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], "{broken", *lines[3:]]))
    rows = all_rows()

    with pytest.raises(FormatError, match="line 4: This is not JSON"):
        import_file(path)

    assert (all_rows(), kept_files()) == (rows, {})


def test_error_within_a_format_leaves_nothing(
    write_capture, monkeypatch, all_rows, kept_files
):
    def read(file):
        yield Found(SourceRecord())
        yield Found(ArticleRecord(id="1", headline="Ferry", body=""), 0, 5)
        raise ZeroDivisionError

    monkeypatch.setitem(
        FORMATS, "faulty", SimpleNamespace(read=read, STORIES_NEED_COMMENTS=False)
    )
    path = write_capture(CAPTURE)
    rows = all_rows()

    with pytest.raises(ZeroDivisionError):
        import_file(path, format="faulty")

    assert (all_rows(), kept_files()) == (rows, {})


def test_error_while_the_file_is_kept_leaves_nothing(sample, settings, all_rows):
    root = Path(settings.STORAGES["sources"]["OPTIONS"]["location"])
    root.write_text("a file where the folder should be")
    rows = all_rows()

    with pytest.raises(OSError, match="sources"):
        import_file(sample)

    assert all_rows() == rows


def test_error_after_the_file_was_kept_leaves_nothing(sample, all_rows, kept_files):
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE archive_source ADD CHECK (file = '') NOT VALID",
        )
    rows = all_rows()

    with pytest.raises(Error, match="archive_source_file_check"):
        import_file(sample)

    assert (all_rows(), kept_files()) == (rows, {})


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_a_file_at_once_give_one_source(sample, kept_files):
    both = Barrier(2)

    def take_in(_):
        try:
            both.wait(timeout=10)
            return import_file(sample).was_known
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        known = sorted(pool.map(take_in, range(2)))

    assert known == [False, True]
    assert (
        Source.objects.count(),
        Article.objects.count(),
        Comment.objects.count(),
        len(kept_files()),
    ) == (1, 1, 13, 1)


# Threads


def test_replies_may_come_before_their_parents(write_archive):
    path = write_archive(
        reply("3", "2"), reply("2", "1"), comment("1"), article(), reply("4", "1")
    )

    ledger = import_file(path)

    assert ledger.reasons == {}
    assert answers() == {
        ("Comment 3.", "Comment 2."),
        ("Comment 2.", "Comment 1."),
        ("Comment 4.", "Comment 1."),
    }
    assert list(Comment.objects.in_reading_order().values_list("body", "path")) == [
        ("Comment 1.", [3]),
        ("Comment 2.", [3, 2]),
        ("Comment 3.", [3, 2, 1]),
        ("Comment 4.", [3, 4]),
    ]


def test_reply_says_how_it_is_known(write_archive):
    path = write_archive(
        article(),
        comment("1"),
        reply("2", "1"),
        reply("3", "1", reply_basis="inferred", reply_confidence=0.75),
    )

    import_file(path)

    facts = Comment.objects.order_by("number").values_list(
        "reply_basis", "reply_confidence"
    )
    assert list(facts) == [("", None), ("given", None), ("inferred", 0.75)]


def test_reply_to_a_missing_parent_is_stored_at_the_top_with_a_reason(write_archive):
    path = write_archive(article(), reply("1", "9"))

    ledger = import_file(path)

    assert outcomes(ledger) == [
        ("article", "ferry", "public", ""),
        ("comment", "1", "public", "Its parent “9” is not in the file"),
    ]
    assert ledger.reasons == {
        "Stored, public, comment: Its parent “…” is not in the file": 1
    }
    assert list(Comment.objects.values_list("parent", "reply_basis", "path")) == [
        (None, "", [1])
    ]


def test_hidden_record_has_the_source_s_own_words_for_a_reason(write_wxr, db):
    given = [
        ("", "1"), ("", "0"), ("", "0"), ("", ""), ("", "post\ntrashed"),
        ("pingback", "1"), ("pingback", ""), ("comment", "spam"),
    ]  # fmt: skip
    comments = [
        {"id": id, "text": "x", "kind": kind, "approved": status}
        for id, (kind, status) in enumerate(given, 1)
    ]
    reply = {"id": 9, "text": "x", "approved": "0", "parent": 99}
    path = write_wxr(
        {"id": 1, "comments": [*comments, reply]}, {"id": 2, "status": "draft"}
    )

    dry, real = import_file(path, dry_run=True), import_file(path)

    assert real.reasons == {
        "Stored, hidden, comment: given with state 0": 2,
        "Stored, hidden, comment: as its record says": 1,
        "Stored, hidden, comment: given with state post trashed": 1,
        "Stored, hidden, comment: given as pingback, state 1": 1,
        "Stored, hidden, comment: given as pingback": 1,
        "Stored, hidden, comment: given as comment, state spam": 1,
        "Stored, hidden, comment: Its parent “…” is not in the file": 1,
        "Stored, hidden, article: given with state draft": 1,
    }
    assert (dry.reasons, import_file(path).reasons) == (real.reasons, real.reasons)


def test_hidden_record_of_an_archive_is_hidden_as_it_says(write_archive, db):
    ledger = import_file(write_archive(article(), comment("1", status="pending")))

    assert ledger.reasons == {"Stored, hidden, comment: as its record says": 1}


def test_record_hidden_here_is_not_hidden_by_its_source(write_wxr, db):
    comments = [{"id": 1, "text": "One"}, {"id": 2, "text": "Two"}]
    import_file(write_wxr({"id": 1, "comments": comments[:1]}))
    Comment.objects.all().set_status("spam")

    ledger = import_file(write_wxr({"id": 1, "comments": comments}))

    assert ledger.reasons == {
        "Stored, hidden, comment: as it is here, given with state 1": 1
    }


def test_reply_to_another_story_is_stored_at_the_top_with_a_reason(write_archive):
    path = write_archive(
        article(), article("bridge"), comment("1"), reply("2", "1", article="bridge")
    )

    ledger = import_file(path)

    assert answers() == set()
    assert outcomes(ledger)[-1] == (
        "comment",
        "2",
        "public",
        "Its parent “1” belongs to another story",
    )


def test_reply_to_itself_is_stored_at_the_top_with_a_reason(write_archive):
    path = write_archive(article(), reply("1", "1"))

    ledger = import_file(path)

    assert answers() == set()
    assert outcomes(ledger)[-1] == (
        "comment",
        "1",
        "public",
        CIRCLE.format(1),
    )


def test_circle_of_replies_is_opened_at_its_oldest_one(write_archive):
    path = write_archive(
        article(),
        reply("0", "2", posted="2018-02-23T08:00:00Z"),
        reply("1", "2", posted="2018-02-23T10:00:00Z"),
        reply("2", "3"),
        reply("3", "1", posted="2018-02-23T09:00:00Z"),
    )

    ledger = import_file(path)

    assert answers() == {
        ("Comment 0.", "Comment 2."),
        ("Comment 2.", "Comment 3."),
        ("Comment 1.", "Comment 2."),
    }
    assert outcomes(ledger)[1:] == [
        ("comment", "0", "public", ""),
        ("comment", "1", "public", ""),
        ("comment", "2", "public", ""),
        ("comment", "3", "public", CIRCLE.format(1)),
    ]


def test_reply_to_a_comment_that_was_set_aside_is_stored(write_archive):
    path = write_archive(
        article(), comment("1", author_name="n" * 600), reply("2", "1")
    )

    ledger = import_file(path)

    assert [outcome[2] for outcome in outcomes(ledger)] == [
        "public",
        "set_aside",
        "public",
    ]
    assert list(Comment.objects.values_list("body", "parent")) == [("Comment 2.", None)]


# What is set aside


def test_comment_of_an_unknown_story_stands_under_a_draft(write_archive):
    ledger = import_file(write_archive(comment("1", article="bridge")))

    assert outcomes(ledger) == [("comment", "1", "public", "")]
    assert list(
        Comment.objects.values_list(
            "discussion__article__headline", "discussion__article__status"
        )
    ) == [("Story bridge", "draft")]


def test_story_that_comes_later_takes_the_place_of_the_draft(write_archive):
    import_file(write_archive(comment("1")))

    ledger = import_file(write_archive(article(body="<p>It left.</p>"), comment("2")))

    assert outcomes(ledger) == [
        ("article", "ferry", "public", ""),
        ("comment", "2", "public", ""),
    ]
    story = Article.objects.get()
    assert (story.headline, story.status, story.body) == (
        "Story ferry",
        "published",
        "<p>It left.</p>",
    )
    assert story.discussion.comment_count == 2


def test_comment_of_a_story_that_was_set_aside_is_set_aside(write_archive):
    path = write_archive(article(headline="h" * 600), comment("1"))

    ledger = import_file(path)

    assert set_aside(ledger)[1:] == [
        ("comment", "1", "Its story “ferry” was set aside")
    ]
    assert not Article.objects.exists()


def test_article_of_an_unknown_section_is_set_aside(write_archive):
    ledger = import_file(write_archive(article(section="sea")))

    assert set_aside(ledger) == [("article", "ferry", "The file has no section “sea”")]


def test_article_of_an_unknown_author_is_set_aside(write_archive):
    path = write_archive(author("ida", "Ida"), article(authors=["ida", "ole"]))

    ledger = import_file(path)

    assert set_aside(ledger) == [("article", "ferry", "The file has no author “ole”")]
    assert Article.objects.count() == 0


@pytest.mark.parametrize(
    ("kind", "records"),
    [
        ("section", [section("1", "Sea"), section("1", "Land")]),
        ("author", [author("1", "Ida"), author("1", "Ole")]),
    ],
)
def test_second_use_of_a_name_s_id_is_set_aside(write_archive, kind, records):
    ledger = import_file(write_archive(*records))

    assert set_aside(ledger) == [(kind, "1", TWICE)]


def test_two_records_of_one_id_are_both_stored(write_archive):
    path = write_archive(
        article(headline="Sea"),
        article(headline="Land"),
        comment("1"),
        comment("1", body="Other."),
        reply("2", "1"),
    )

    ledger = import_file(path)
    newer = import_file(write_archive(*records_of(path), comment("3")))

    assert list(
        ledger.source.records.values_list("kind", "given_id", "occurrence", "outcome")
    ) == [
        ("article", "ferry", 1, "public"),
        ("article", "ferry", 2, "public"),
        ("comment", "1", 1, "public"),
        ("comment", "1", 2, "public"),
        ("comment", "2", 1, "public"),
    ]
    assert answers() == {("Comment 2.", "Comment 1.")}
    assert books(newer) == {
        "article": {"found": 2, "public": 2, "unchanged": 2},
        "comment": {"found": 4, "public": 4, "new": 1, "unchanged": 3},
    }
    assert (Article.objects.count(), Comment.objects.count()) == (2, 4)


def test_one_id_may_stand_for_things_of_different_kinds(write_archive):
    path = write_archive(
        section("1", "Sea"),
        author("1", "Ida"),
        article("1", section="1", authors=["1"]),
        comment("1", article="1"),
    )

    ledger = import_file(path)

    assert [outcome for *_, outcome, _ in outcomes(ledger)] == ["public"] * 4


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (
            article(headline="h" * 600),
            "headline: Ensure this value has at most 500 characters (it has 600).",
        ),
        (
            article(slug="s" * 300),
            "slug: Ensure this value has at most 200 characters (it has 300).",
        ),
        (
            article(source_url=LONG_URL),
            "source_url: Enter a valid URL. Ensure this value has at most 2000 "
            "characters (it has 3000).",
        ),
        (
            comment("1", author_name="n" * 600),
            "author_name: longer than 500 characters",
        ),
        (
            comment("1", author_url=LONG_URL),
            "author_url: longer than 2000 characters",
        ),
        (
            comment("1", language="x" * 40),
            "language: longer than 35 characters",
        ),
    ],
    ids=["headline", "slug", "source URL", "name", "URL", "language"],
)
def test_value_that_is_too_long_is_set_aside(write_archive, record, reason):
    ledger = import_file(write_archive(article("bridge"), {**record, **BELOW_BRIDGE}))

    assert outcomes(ledger) == [
        ("article", "bridge", "public", ""),
        (record["type"], record["id"], "set_aside", reason),
    ]


@pytest.mark.parametrize(
    "record",
    [
        author("ida", "n" * 600),
        section("sea", "n" * 600),
        article(topics=["t" * 600]),
        article("i" * 300),
        comment("i" * 300),
    ],
    ids=["author", "section", "topic", "article's id", "comment's id"],
)
def test_name_or_id_that_is_too_long_is_set_aside(write_archive, record):
    ledger = import_file(write_archive(article("bridge"), {**record, **BELOW_BRIDGE}))

    assert [(kind, outcome) for kind, _, outcome, _ in outcomes(ledger)] == [
        ("article", "public"),
        (record["type"], "set_aside"),
    ]


@pytest.mark.parametrize(
    "header",
    [{"origin": "o" * 300}, {"url": LONG_URL}, {"url": "javascript:alert(1)"}],
    ids=["long origin", "long URL", "no URL"],
)
def test_header_with_a_value_that_cannot_be_kept_is_refused(write_archive, header):
    path = write_archive(article(), **header)

    with pytest.raises(FormatError, match="line 1: "):
        import_file(path)


# Stories


def test_hostile_body_is_cleaned_and_its_raw_text_stays(write_archive):
    body = (
        '<p onclick="steal()">It left<script>alert(1)</script> '
        '<a href="javascript:alert(2)">now</a>.</p><iframe src="//evil.example">'
    )
    path = write_archive(article(body=body))

    import_file(path)

    assert Article.objects.get().body == '<p>It left <a rel="noopener">now</a>.</p>'
    assert body in records_of(path)[0]["body"]


def test_hostile_comment_is_shown_harmless_and_stays_as_given(write_archive):
    body = 'Look: <img src=x onerror="steal()"> & <b>bold</b>'
    path = write_archive(article(), comment("1", body=body, body_format="html"))

    import_file(path)

    [stored] = Comment.objects.all()
    assert (stored.body, stored.body_html) == (body, "Look:  &amp; <b>bold</b>")


def test_drafts_stay_drafts(write_archive):
    draft = {"type": "article", "id": "draft", "headline": "Not yet"}
    path = write_archive(
        draft, article(headline="Out"), article("w", status="withdrawn")
    )

    import_file(path)

    assert list(
        Article.objects.order_by("pk").values_list("status", "published_at")
    ) == [("draft", None), ("published", None), ("withdrawn", None)]
    assert [story.headline for story in Article.objects.published()] == ["Out"]


def test_comment_without_a_status_stays_hidden(write_archive):
    path = write_archive(article(), comment("1", status=None), comment("2"))

    import_file(path)

    assert list(Comment.objects.order_by("number").values_list("status")) == [
        ("hidden",),
        ("public",),
    ]
    assert [one.body for one in Comment.objects.public()] == ["Comment 2."]


def test_article_whose_address_is_taken_gets_another(write_archive, make_article):
    make_article(slug="ferry")

    import_file(write_archive(article(slug="ferry", headline="Ferry")))

    assert sorted(Article.objects.values_list("slug", flat=True)) == [
        "ferry",
        "ferry-2",
    ]


def test_two_captures_with_one_headline_have_two_addresses(write_capture):
    import_file(write_capture(CAPTURE, name="a.txt"))
    import_file(write_capture(CAPTURE.replace("Monday", "Tuesday"), name="b.txt"))

    assert list(Article.objects.order_by("pk").values_list("slug", flat=True)) == [
        "ferry-to-the-islands-sails-again",
        "ferry-to-the-islands-sails-again-2",
    ]


def test_known_author_is_reused_and_the_byline_keeps_its_own_note(write_capture):
    now = "Ida Moe is an editor who covers the whole country."
    before = "Ida Moe is a reporter who covers the coast."
    import_file(write_capture(CAPTURE, name="a.txt"))

    ledger = import_file(write_capture(CAPTURE.replace(before, now), name="b.txt"))

    assert books(ledger)["author"] == {"found": 1, "public": 1, "unchanged": 1}
    assert list(Author.objects.values_list("name", "biography")) == [
        ("Ida Moe", before)
    ]
    bylines = Byline.objects.order_by("article")
    assert [(one.biography, one.note) for one in bylines] == [("", before), (now, now)]


def test_byline_has_its_authors_in_order(write_archive):
    path = write_archive(
        article(authors=["ole", "ida"]), author("ida", "Ida"), author("ole", "Ole")
    )

    import_file(path)

    assert [str(byline) for byline in Article.objects.get().bylines.all()] == [
        "Ole",
        "Ida",
    ]


def test_two_authors_of_one_name_do_not_stop_the_import(write_archive):
    path = write_archive(
        author("a", "Ida Moe"), author("b", "Ida Moe"), article(authors=["a", "b"])
    )

    ledger = import_file(path)

    assert books(ledger) == {
        "author": {"found": 2, "public": 2, "new": 2},
        "article": {"found": 1, "public": 1, "new": 1},
    }


@pytest.mark.parametrize("names", [["日本", "中国"], ["C", "C++"]])
def test_sections_of_different_names_are_kept_apart(write_archive, names):
    path = write_archive(*[section(name, name) for name in names])

    import_file(path)

    assert sorted(Section.objects.values_list("name", flat=True)) == sorted(names)


def test_topics_of_different_names_are_kept_apart(write_archive):
    import_file(write_archive(article(topics=["C", "C++", "日本"])))

    assert sorted(Topic.objects.values_list("name", flat=True)) == ["C", "C++", "日本"]


# A newer file of the same origin


def test_newer_file_brings_only_what_is_new(write_archive):
    import_file(write_archive(article(), comment("1"), reply("2", "1")))

    ledger = import_file(
        write_archive(
            article(), comment("1"), reply("2", "1"), reply("3", "2"), comment("4")
        )
    )

    assert books(ledger) == {
        "article": {"found": 1, "public": 1, "unchanged": 1},
        "comment": {"found": 4, "public": 4, "new": 2, "unchanged": 2},
    }
    assert Article.objects.count() == 1
    assert list(Comment.objects.in_reading_order().values_list("body", "path")) == [
        ("Comment 1.", [1]),
        ("Comment 2.", [1, 2]),
        ("Comment 3.", [1, 2, 3]),
        ("Comment 4.", [4]),
    ]


def test_newer_file_changes_what_it_says_differently(write_archive):
    import_file(write_archive(article(body="<p>Old.</p>"), comment("1"), comment("2")))

    ledger = import_file(
        write_archive(
            article(headline="Another headline", body="<p>New.</p>"),
            comment("1", body="Another text.", status="spam"),
            comment("2"),
        )
    )

    assert list(ledger.source.records.values_list("given_id", "outcome", "change")) == [
        ("ferry", "public", "changed"),
        ("1", "hidden", "changed"),
        ("2", "public", "unchanged"),
    ]
    story = Article.objects.get()
    assert (story.headline, story.body) == ("Another headline", "<p>New.</p>")
    assert [(one.headline, one.body) for one in story.revisions.all()] == [
        ("Story ferry", "<p>Old.</p>")
    ]
    assert list(Comment.objects.order_by("number").values_list("body", "status")) == [
        ("Another text.", "spam"),
        ("Comment 2.", "public"),
    ]
    assert story.discussion.comment_count == 1


def test_newer_file_leaves_what_was_decided_here(write_archive, django_user_model):
    import_file(write_archive(article(), comment("1"), comment("2")))
    story, editor = Article.objects.get(), django_user_model.objects.create()
    story.headline = "Set by an editor"
    story.save()
    story.revise(by=editor)
    Comment.objects.filter(number=1).set_status("removed", "Rude")
    Comment.objects.filter(number=2).delete()

    ledger = import_file(
        write_archive(
            article(headline="Another"), comment("1", body="Other."), comment("2")
        )
    )

    assert outcomes(ledger) == [
        (
            "article",
            "ferry",
            "set_aside",
            "An editor has changed the story, which was left as it is",
        ),
        ("comment", "1", "hidden", ""),
        (
            "comment",
            "2",
            "set_aside",
            "It was deleted here after an earlier file had brought it",
        ),
    ]
    assert Article.objects.get().headline == "Set by an editor"
    assert list(Comment.objects.values_list("body", "status", "status_reason")) == [
        ("Other.", "removed", "Rude")
    ]


def test_newer_file_gives_a_reply_its_parent(write_archive):
    import_file(write_archive(article(), comment("0"), reply("2", "1")))
    assert Record.objects.get(given_id="2").awaits_parent

    import_file(write_archive(article(), comment("1")))

    assert answers() == {("Comment 2.", "Comment 1.")}
    assert list(Comment.objects.in_reading_order().values_list("body", "path")) == [
        ("Comment 0.", [1]),
        ("Comment 1.", [3]),
        ("Comment 2.", [3, 2]),
    ]
    assert not Record.objects.get(given_id="2").awaits_parent


def test_newer_file_may_hold_replies_alone(write_archive):
    import_file(write_archive(article(), comment("1")))

    import_file(write_archive(article(), reply("2", "1")))

    assert answers() == {("Comment 2.", "Comment 1.")}


def test_source_read_again_changes_nothing_but_says_so(write_archive, all_rows):
    source = import_file(write_archive(article(), comment("1"), reply("2", "1"))).source
    before = list(Comment.objects.values()), list(Article.objects.values())

    ledger = import_source(source, again=True)

    assert books(ledger) == {
        "article": {"found": 1, "public": 1, "unchanged": 1},
        "comment": {"found": 2, "public": 2, "unchanged": 2},
    }
    assert (list(Comment.objects.values()), list(Article.objects.values())) == before


def test_ids_of_another_origin_are_other_things(write_archive):
    import_file(write_archive(article(), comment("1")))

    ledger = import_file(
        write_archive(article(), comment("1"), origin="elsewhere.example")
    )

    assert books(ledger) == {
        "article": {"found": 1, "public": 1, "new": 1},
        "comment": {"found": 1, "public": 1, "new": 1},
    }
    assert (Article.objects.count(), Comment.objects.count()) == (2, 2)


# The books


def test_books_of_a_mixed_file_balance(write_archive):
    path = write_archive(
        section("sea", "Sea"),
        article(section="sea"),
        article("bridge", section="land"),
        comment("1"),
        comment("1"),
        reply("2", "9"),
        {"type": "comment", "id": "3"},
        {"type": "poll"},
    )

    ledger = import_file(path)

    assert books(ledger) == {
        "section": {"found": 1, "public": 1, "new": 1},
        "article": {"found": 2, "public": 1, "set_aside": 1, "new": 2},
        "comment": {"found": 4, "public": 3, "set_aside": 1, "new": 4},
        "unknown": {"found": 1, "set_aside": 1, "new": 1},
    }
    assert Record.objects.count() == 8
    assert ledger.source.ledger == ledger.as_json()


def test_record_that_is_lost_fails_the_whole_import(write_capture, monkeypatch):
    def read(file):
        yield Found(SourceRecord())
        yield Found(ArticleRecord(id="1", headline="Ferry", body=""), 0, 5)
        yield Found(CommentRecord(id="1", article="1", body="Good."), 5, 9)
        yield Found(Condition(opened={"comment": 2, "other": 1}))

    spare = SimpleNamespace(read=read, STORIES_NEED_COMMENTS=False)
    monkeypatch.setitem(FORMATS, "spare", spare)

    with pytest.raises(BooksDoNotBalance) as error:
        import_file(write_capture(CAPTURE), format="spare")

    assert str(error.value) == (
        "2 comments begin in the file, but 1 are accounted for. Nothing of it was "
        "stored. This is an error in Newsroom: please report it with the file."
    )
    assert not Source.objects.exists()
    assert not Article.objects.exists()


def test_format_may_say_only_what_it_knows(write_capture, monkeypatch):
    def read(file):
        yield Found(CommentRecord(id="1", article="1", body="Good."), 5, 9)
        yield Found(ArticleRecord(id="1", headline="Ferry", body=""), 0, 5)
        yield Found(Condition(opened={"comment": 1, "other": 1}))

    spare = SimpleNamespace(read=read, STORIES_NEED_COMMENTS=False)
    monkeypatch.setitem(FORMATS, "spare", spare)

    ledger = import_file(write_capture(CAPTURE), format="spare")

    assert books(ledger) == {
        "article": {"found": 1, "hidden": 1, "new": 1},
        "comment": {"found": 1, "hidden": 1, "new": 1},
    }
    assert list(
        Comment.objects.values_list("discussion__article__status", "status")
    ) == [("draft", "hidden")]


# The seed


def test_seed_is_stored_whole(seed):
    ledger = import_file(seed)

    assert books(ledger) == WHOLE_PAGE
    story = Article.objects.published().get()
    assert (story.published_at, story.published_precision) == (None, "unknown")
    assert list(
        Comment.objects.order_by("number").values_list(
            "number", "parent", "author_name", "language", "is_truncated", "status"
        )
    ) == [
        *[(number, None, "", "en", False, "public") for number in range(1, 13)],
        (13, None, "", "pt", True, "public"),
    ]


def test_capture_of_the_sample_is_stored_whole(sample, write_capture):
    """The shape of a real capture: a story, its writer, and bare comments."""
    records = [json.loads(line) for line in sample.read_text().splitlines()]
    [story] = [record for record in records if record["type"] == "article"]
    [writer] = [record for record in records if record["type"] == "author"]
    texts = [record["body"] for record in records if record["type"] == "comment"]
    paragraphs = [part.removesuffix("</p>") for part in story["body"].split("<p>")[1:]]
    blocks = [story["headline"], *map(str.strip, paragraphs)]
    note = f"{writer['name']} is an editor who covers machines. {writer['biography']}"
    bullets = "\n".join(f"  • {text}" for text in texts)
    text = "\n\n".join([*blocks, note, bullets])

    ledger = import_file(write_capture(text.replace("</p>", "")))

    article = Article.objects.get()
    comments = Comment.objects.order_by("number")
    assert books(ledger) == WHOLE_PAGE
    assert article.body.count("<p>") == 5
    assert article.bylines.get().author.name == writer["name"]
    assert [comment.body for comment in comments] == texts
    assert [comment.language for comment in comments] == ["en"] * 12 + ["pt"]
    assert [comment.is_truncated for comment in comments] == [False] * 12 + [True]
    assert {(c.parent_id, c.author_name, c.posted_at) for c in comments} == {
        (None, "", None)
    }


def test_keys_of_comments_follow_the_file(write_archive):
    path = write_archive(article(), reply("1", "3"), comment("2"), reply("3", "2"))

    import_file(path)

    by_key = Comment.objects.order_by("pk").values_list("body", flat=True)
    assert list(by_key) == ["Comment 1.", "Comment 2.", "Comment 3."]
