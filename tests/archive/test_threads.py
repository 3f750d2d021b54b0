"""Threads of an import: who answers whom, and which number a comment gets."""

import pytest

from comments.models import Comment, Discussion

pytestmark = pytest.mark.django_db

CIRCLE = (
    "Its parent “{}” answers it in turn: as the oldest of the circle it answers nobody"
)
ARTICLE = {
    "type": "article",
    "id": "ferry",
    "headline": "Ferry sails",
    "status": "published",
}


def comment(id, **fields):
    given = {"article": "ferry", "body": f"Comment {id}.", "status": "public"}
    return {"type": "comment", "id": id, **given, **fields}


def reply(id, parent, **fields):
    return comment(id, parent=parent, **fields)


def answers():
    """Return who answers whom, as pairs of the comments' texts."""
    return set(Comment.objects.exclude(parent=None).values_list("body", "parent__body"))


def reasons(ledger):
    comments = ledger.source.records.filter(kind="comment")
    return list(comments.values_list("given_id", "outcome", "reason"))


def numbered():
    return list(Comment.objects.order_by("number").values_list("number", "body"))


# Parents


@pytest.mark.parametrize(
    ("parent", "awaits"),
    [("missing", True), ("elsewhere", False), ("refused", False)],
)
def test_parent_that_cannot_be_linked_is_kept_as_given(take_in, parent, awaits):
    ledger = take_in(
        ARTICLE,
        {**ARTICLE, "id": "bridge"},
        comment("elsewhere", article="bridge"),
        comment("refused", language="?"),
        reply("1", parent),
    )

    record = ledger.source.records.get(given_id="1")
    assert (record.comment.parent, record.given_parent, record.awaits_parent) == (
        None,
        parent,
        awaits,
    )


def test_reply_to_itself_keeps_its_own_replies(take_in):
    ledger = take_in(ARTICLE, reply("1", "1"), reply("2", "1"))

    assert answers() == {("Comment 2.", "Comment 1.")}
    assert reasons(ledger) == [
        ("1", "public", CIRCLE.format("1")),
        ("2", "public", ""),
    ]


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [
        ("2019-03-14T09:30Z", "2019-03-13T09:30Z", "2019-03-15T09:30Z"),
        (None, "2019-03-13T09:30Z", None),
        ("2020", "2019", "2019"),
    ],
    ids=["dated", "undated are younger", "at one time the first in the file is older"],
)
def test_circle_of_three_is_opened_at_its_oldest(take_in, first, second, third):
    ledger = take_in(
        ARTICLE,
        reply("0", "1", posted="2001"),
        reply("1", "3", posted=first),
        reply("2", "1", posted=second),
        reply("3", "2", posted=third),
    )

    assert answers() == {
        ("Comment 0.", "Comment 1."),
        ("Comment 1.", "Comment 3."),
        ("Comment 3.", "Comment 2."),
    }
    assert reasons(ledger) == [
        ("0", "public", ""),
        ("1", "public", ""),
        ("2", "public", CIRCLE.format("1")),
        ("3", "public", ""),
    ]


def test_circle_of_two_without_dates_is_opened_at_the_first_in_the_file(take_in):
    ledger = take_in(ARTICLE, reply("2", "1"), reply("1", "2"))

    assert answers() == {("Comment 1.", "Comment 2.")}
    assert reasons(ledger) == [
        ("2", "public", CIRCLE.format("1")),
        ("1", "public", ""),
    ]


def test_two_circles_are_opened_each(take_in):
    take_in(ARTICLE, reply("1", "2"), reply("2", "1"), reply("3", "4"), reply("4", "3"))

    assert answers() == {("Comment 2.", "Comment 1."), ("Comment 4.", "Comment 3.")}


@pytest.mark.parametrize("is_reversed", [False, True])
def test_thread_of_three_thousand_levels_is_stored(take_in, is_reversed):
    thread = [comment("1"), *[reply(str(n), str(n - 1)) for n in range(2, 3001)]]
    if is_reversed:
        thread.reverse()

    take_in(ARTICLE, *thread)

    deepest = Comment.objects.order_by("depth").last()
    order = range(3000, 0, -1) if is_reversed else range(1, 3001)
    assert (deepest.body, deepest.path) == ("Comment 3000.", list(order))
    assert Comment.objects.count() == 3000


def test_circle_of_three_thousand_is_opened_once(take_in):
    ring = [reply(str(n), str(n % 3000 + 1)) for n in range(1, 3001)]

    ledger = take_in(ARTICLE, *ring)

    assert Comment.objects.filter(parent=None).get().body == "Comment 1."
    assert list(ledger.reasons.values()) == [1]


# Numbers and keys


def test_numbers_follow_the_time_where_all_times_are_exact(take_in):
    take_in(
        ARTICLE,
        comment("1", posted="2019-03-14T09:32:00Z"),
        comment("2", posted="2019-03-14T09:31Z"),
        comment("3", posted="2019-03-14T09:30:59Z"),
        comment("4", posted="2019-03-14T09:31Z"),
    )

    assert numbered() == [
        (1, "Comment 3."),
        (2, "Comment 2."),
        (3, "Comment 4."),
        (4, "Comment 1."),
    ]


@pytest.mark.parametrize("last", [None, "2019-03-14", "2019"])
def test_numbers_follow_the_file_where_a_time_is_not_exact(take_in, last):
    take_in(
        ARTICLE,
        comment("1", posted="2019-03-14T09:32:00Z"),
        comment("2", posted="2019-03-14T09:31Z"),
        comment("3", posted=last),
    )

    assert numbered() == [(1, "Comment 1."), (2, "Comment 2."), (3, "Comment 3.")]


def test_order_in_one_story_does_not_depend_on_the_times_of_another(take_in):
    take_in(
        ARTICLE,
        {**ARTICLE, "id": "bridge"},
        comment("1", posted="2019-03-14T09:32:00Z"),
        comment("2", posted="2019-03-14T09:31:00Z"),
        comment("3", article="bridge"),
    )

    assert sorted(numbered()) == [
        (1, "Comment 2."),
        (1, "Comment 3."),
        (2, "Comment 1."),
    ]


def test_numbers_of_a_newer_file_go_on(take_in):
    take_in(ARTICLE, comment("1", posted="2019-03-14T09:31Z"))

    take_in(
        ARTICLE,
        comment("3", posted="2019-03-14T09:30Z"),
        comment("1", posted="2019-03-14T09:31Z"),
        comment("2", posted="2019-03-14T09:29Z"),
    )

    assert numbered() == [(1, "Comment 1."), (2, "Comment 2."), (3, "Comment 3.")]


def test_numbers_that_an_archive_gives_are_kept(take_in):
    take_in(
        {**ARTICLE, "last_number": 9},
        comment("a", number=7),
        reply("b", "a", number=3),
        comment("c", number=5, posted="2001"),
    )

    facts = Comment.objects.in_reading_order().values_list("body", "number", "path")
    assert list(facts) == [
        ("Comment c.", 5, [5]),
        ("Comment a.", 7, [7]),
        ("Comment b.", 3, [7, 3]),
    ]
    assert Discussion.objects.get().last_number == 9


@pytest.mark.parametrize("number", [7, 0], ids=["given twice", "not given"])
def test_numbers_that_are_not_all_different_are_made_anew(take_in, number):
    take_in(
        ARTICLE,
        comment("a", number=7),
        comment("b", number=number),
        comment("c", number=2),
    )

    assert numbered() == [(1, "Comment a."), (2, "Comment b."), (3, "Comment c.")]


def test_keys_that_an_archive_gives_are_kept_where_they_are_free(take_in, make_comment):
    taken = make_comment()

    take_in(
        ARTICLE,
        comment("a", key=taken.pk),
        comment("b", key=10**9),
        comment("c", key=10**9),
        comment("d"),
    )

    keys = dict(Comment.objects.values_list("body", "pk"))
    assert (keys["Well said."], keys["Comment b."]) == (taken.pk, 10**9)
    assert [keys[f"Comment {id}."] for id in "acd"] == [
        10**9 + 1,
        10**9 + 3,
        10**9 + 4,
    ]
