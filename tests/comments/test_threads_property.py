"""Places in a thread, held against their plain recursive definition."""

from collections import Counter
from contextlib import contextmanager

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles.models import Article
from comments.models import Branch, Comment

pytestmark = pytest.mark.django_db
few_examples = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# Deeper than any stack of calls, and than the indexed part of a path.
DEEP = 3_000


@st.composite
def forests(draw, most=10):
    """Draw {number: number of the parent, or None}, in any order of arrival."""
    size = draw(st.integers(1, most))
    order = draw(st.permutations(range(1, size + 1)))
    parents = {
        number: draw(st.sampled_from([None, *order[:place]]))
        for place, number in enumerate(order)
    }
    return {number: parents[number] for number in draw(st.permutations(order))}


def reading_order(forest, parent=None):
    """Yield the numbers below a comment: siblings by number, each with its replies."""
    for number in sorted(number for number in forest if forest[number] == parent):
        yield number
        yield from reading_order(forest, number)


def ancestors(forest, number):
    """Return the numbers above a comment, the top-level one first."""
    parent = forest[number]
    return [*ancestors(forest, parent), parent] if parent else []


def subtree(forest, number):
    return list(reading_order(forest, number))


def numbers(comments):
    return list(comments.values_list("number", flat=True))


@contextmanager
def undone():
    """Run an example and take back what it wrote."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def plant(forest):
    """Write comments as they arrive; who waits for a parent is linked when it comes."""
    story = Article.objects.create(headline="Bridge opens", slug="bridge-opens")
    comments = {}
    for number, parent in forest.items():
        comments[number] = Comment.objects.create(
            discussion_id=story.pk,
            number=number,
            parent=comments.get(parent),
            reply_basis="given" if parent in comments else "",
            body="Well said.",
            status="public",
        )
        waiting = [child for child in comments if forest[child] == number]
        for child in waiting:
            link(child, comments[number])
    return Comment.objects.filter(discussion=story.pk)


def link(number, parent):
    comments = Comment.objects.filter(number=number)
    comments.update(parent=parent, reply_basis="given" if parent else "")


def misplaced(comments):
    """Return the comments whose path is not that of their parent and their number."""
    paths = dict(comments.values_list("pk", "path")) | {None: []}
    return [
        comment.number
        for comment in comments
        if comment.path != [*paths[comment.parent_id], comment.number]
    ]


@few_examples
@given(forest=forests())
def test_reading_order_does_not_depend_on_the_order_of_arrival(forest):
    with undone():
        comments = plant(forest)

        assert numbers(comments.in_reading_order()) == list(reading_order(forest))
        assert misplaced(comments) == []


@few_examples
@given(forest=forests(), data=st.data())
def test_moves_keep_every_path_and_the_reading_order(forest, data):
    with undone():
        comments = plant(forest)
        for _ in range(3):
            moved = data.draw(st.sampled_from(sorted(forest)))
            below = {moved, *reading_order(forest, moved)}
            parent = data.draw(st.sampled_from([None, *sorted(forest.keys() - below)]))
            link(moved, comments.get(number=parent) if parent else None)
            forest[moved] = parent

        assert misplaced(comments) == []
        assert numbers(comments.in_reading_order()) == list(reading_order(forest))


@few_examples
@given(forest=forests())
def test_subtrees_and_ancestors_are_those_of_the_definition(make_thread, forest):
    with undone():
        discussion = make_thread(forest)
        make_thread(forest)
        comments = list(discussion.comments.all())

        subtrees = {
            comment.number: numbers(
                Comment.objects.subtree_of(comment).in_reading_order()
            )
            for comment in comments
        }
        above = {
            comment.number: numbers(Comment.objects.ancestors_of(comment))
            for comment in comments
        }

        assert subtrees == {number: subtree(forest, number) for number in forest}
        assert above == {number: ancestors(forest, number) for number in forest}


@few_examples
@given(forest=forests())
def test_reading_from_a_comment_gives_the_rest_of_the_order(make_thread, forest):
    with undone():
        discussion = make_thread(forest)
        order = list(reading_order(forest))

        tails = [
            numbers(discussion.comments.reading_from(comment.path).in_reading_order())
            for comment in discussion.comments.in_reading_order()
        ]

        assert tails == [order[start:] for start in range(len(order))]


@few_examples
@given(forest=forests())
def test_reading_before_a_comment_gives_the_order_until_there(make_thread, forest):
    with undone():
        discussion = make_thread(forest)
        order = list(reading_order(forest))

        heads = [
            numbers(
                discussion.comments.reading_before(
                    comment.path
                ).in_reverse_reading_order()
            )
            for comment in discussion.comments.in_reading_order()
        ]

        assert heads == [order[:start][::-1] for start in range(len(order))]


STATES = ["public", "removed", "hidden", "pending", "spam"]


@few_examples
@given(forest=forests(), data=st.data())
def test_branches_have_their_sizes_whatever_happens(forest, data):
    with undone():
        comments = plant(forest)
        for _ in range(6):
            number = data.draw(st.sampled_from(sorted(forest)))
            some = comments.filter(number__gte=number)
            below = {number, *reading_order(forest, number)}
            parent = data.draw(st.sampled_from([None, *sorted(forest.keys() - below)]))
            state = data.draw(st.sampled_from(STATES))
            match data.draw(st.sampled_from(["state", "kind", "move", "both"])):
                case "state":
                    some.set_status(state)
                case "kind":
                    kind = data.draw(st.sampled_from(["comment", "pingback"]))
                    some.update(kind=kind)
                case "move":
                    link(number, comments.get(number=parent) if parent else None)
                    forest[number] = parent
                case "both":
                    # Moved and shown, or hidden, by one statement.
                    comments.filter(number=number).update(
                        parent=comments.get(number=parent) if parent else None,
                        reply_basis="given" if parent else "",
                        status=state,
                    )
                    forest[number] = parent

            assert branch_sizes(comments) == recounted(comments)

        leaves = forest.keys() - {*forest.values()}
        comments.filter(number__in=leaves).delete()
        assert branch_sizes(comments) == recounted(comments)
        Article.objects.all().delete()
        assert Branch.objects.count() == 0


def branch_sizes(comments):
    branches = Branch.objects.filter(discussion__comments__in=comments)
    return dict(branches.values_list("number", "size"))


def recounted(comments):
    return Counter(path[0] for path in comments.shown().values_list("path", flat=True))


@pytest.fixture
def deep(make_chain, make_comment):
    """A chain of replies with two more at level 601, one of them answered."""
    discussion = make_chain(DEEP)
    parent = discussion.comments.get(number=600)
    sibling = make_comment(parent=parent)
    make_comment(parent=parent)
    make_comment(parent=sibling)
    return discussion


ORDER_BELOW_600 = [*range(601, DEEP + 1), DEEP + 1, DEEP + 3, DEEP + 2]


def test_order_subtrees_and_tails_hold_below_the_indexed_levels(deep):
    comments = {
        number: deep.comments.get(number=number)
        for number in (600, 601, 2_990, DEEP, DEEP + 1, DEEP + 2)
    }

    order = numbers(deep.comments.in_reading_order())
    below = {
        number: numbers(Comment.objects.subtree_of(comment).in_reading_order())
        for number, comment in comments.items()
    }
    start = comments[2_990].path
    tail = numbers(deep.comments.reading_from(start).in_reading_order())
    head = numbers(deep.comments.reading_before(start).in_reverse_reading_order())

    assert order == [*range(1, 601), *ORDER_BELOW_600]
    assert below == {
        600: ORDER_BELOW_600,
        601: [*range(602, DEEP + 1)],
        2_990: [*range(2_991, DEEP + 1)],
        DEEP: [],
        DEEP + 1: [DEEP + 3],
        DEEP + 2: [],
    }
    assert tail == [*range(2_990, DEEP + 1), DEEP + 1, DEEP + 3, DEEP + 2]
    assert head == [*range(2_989, 0, -1)]


def test_ancestors_of_the_deepest_comment_take_a_short_query(
    deep, django_assert_num_queries
):
    comment = deep.comments.get(number=DEEP)
    reply = deep.comments.get(number=DEEP + 3)

    with django_assert_num_queries(2) as queries:
        above = [numbers(Comment.objects.ancestors_of(row)) for row in (reply, comment)]

    assert above == [[*range(1, 601), DEEP + 1], [*range(1, DEEP)]]
    assert [len(query["sql"]) < 100_000 for query in queries] == [True, True]


def test_deep_branch_moves_as_a_whole(deep):
    link(602, None)

    assert deep.comments.get(number=DEEP).path == [*range(602, DEEP + 1)]
    assert numbers(deep.comments.in_reading_order()) == [
        *range(1, 602), DEEP + 1, DEEP + 3, DEEP + 2, *range(602, DEEP + 1),
    ]  # fmt: skip
