"""Whatever a file says of its threads: all of it is accounted for and in its place."""

import json
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comments.models import Comment, Discussion
from newsroom.archive.importing import import_file
from newsroom.archive.models import Record

pytestmark = pytest.mark.django_db

HEADER = {
    "type": "archive",
    "format": "newsroom-archive",
    "version": 2,
    "origin": "example.org",
}
IDS = st.sampled_from("abcdefgh")
STORIES = st.sampled_from(["ferry", "bridge", "pier"])
TIMES = st.sampled_from(
    [None, "2018", "2019-03", "2019-03-14", "2019-03-14T09:30Z", "2019-03-14T09:30:15Z"]
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9)
ARTICLES = st.fixed_dictionaries(
    {
        "type": st.just("article"),
        "id": STORIES,
        "headline": st.sampled_from(["Ferry sails", "Bridge opens"]),
        "status": st.sampled_from(["published", "draft", "withdrawn"]),
        "slug": st.sampled_from(["", "ferry", "bridge"]),
        "section": st.sampled_from([None, None, "unknown"]),
        "source_url": st.sampled_from(["", "https://example.org/a"]),
    }
)
COMMENTS = st.fixed_dictionaries(
    {
        "type": st.just("comment"),
        "id": IDS,
        "article": STORIES,
        "body": st.text(
            st.characters(codec="utf-8", exclude_characters="\0"), max_size=9
        ),
        "body_format": st.sampled_from(["text", "html", "markdown", "wordpress"]),
        "parent": st.one_of(st.none(), IDS, IDS, st.just("nobody")),
        "number": st.sampled_from([0, 0, 1, 2, 7]),
        "key": st.sampled_from([0, 0, 10**6, 10**6 + 1]),
        "posted": TIMES,
        "status": st.sampled_from(["public", "pending", "hidden", "spam", "removed"]),
        "kind": st.sampled_from(["comment", "comment", "pingback", "note"]),
        "language": st.sampled_from([None, None, None, "?"]),
    }
)
FILES = st.lists(st.one_of(COMMENTS, COMMENTS, COMMENTS, ARTICLES), max_size=14)
MANY = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@contextmanager
def undone():
    """Leave nothing of one example for the next."""
    with transaction.atomic():
        yield
        connection.check_constraints()
        transaction.set_rollback(True)


def take_in(records, note=""):
    with TemporaryDirectory() as folder:
        path = Path(folder, "archive.jsonl")
        lines = [json.dumps(line) for line in [{**HEADER, "note": note}, *records]]
        path.write_text("\n".join(lines))
        return import_file(path)


def check_books(ledger, records):
    """See to it that each record of the file is one here, and each comment too."""
    stored = ledger.source.records
    assert Counter(stored.values_list("kind", "given_id")) == Counter(
        (record["type"], record["id"]) for record in records
    )
    outcomes = Counter(stored.filter(kind="comment").values_list("outcome", flat=True))
    for outcome in ("public", "hidden", "linked", "set_aside"):
        assert ledger.counts.get("comment", {}).get(outcome, 0) == outcomes[outcome]
    kept = stored.filter(kind="comment", outcome__in=["public", "hidden"])
    assert not kept.filter(comment=None).exists()
    assert not stored.filter(outcome="set_aside", reason="").exists()


def check_threads():
    """See to it that each comment's place is its parent's and its own number."""
    comments = Comment.objects.select_related("parent")
    for comment in comments:
        above = comment.parent.path if comment.parent else []
        assert comment.path == [*above, comment.number]
        if comment.parent:
            assert comment.parent.discussion_id == comment.discussion_id
    known = Record.objects.filter(kind="comment", outcome__in=["public", "hidden"])
    assert len(comments) == known.values("comment").distinct().count()
    for discussion in Discussion.objects.all():
        below = discussion.comments
        assert discussion.comment_count == below.public().count()
        numbers = below.order_by("-number").values_list("number", flat=True)
        assert discussion.last_number == (numbers[0] if numbers else 0)


@MANY
@given(FILES)
def test_every_comment_of_a_file_is_accounted_for_and_in_its_place(records):
    with undone():
        ledger = take_in(records)

        check_books(ledger, records)
        check_threads()


@MANY
@given(FILES, FILES)
def test_every_comment_of_a_newer_file_is_accounted_for_and_in_its_place(
    records, newer
):
    with undone():
        take_in(records)
        ledger = take_in(newer, "Newer.")

        check_books(ledger, newer)
        check_threads()
