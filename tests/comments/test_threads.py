import random
from collections import Counter
from itertools import chain

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from articles.models import Article
from articles.templatetags.sanitised import opening_sentence
from comments import threads
from comments.models import Comment
from comments.threads import PAGE_SIZE, SCREEN_DEPTH, ThreadPage, thread


def row(*path, name="Rita"):
    """Return a comment at this path, which no database has seen."""
    return Comment(number=path[-1], path=list(path), author_name=name)


def outline(entries):
    """Return what entries show: numbers of comments, None for those not shown."""
    return [entry.comment and entry.comment.number for entry in entries]


def nesting(entries):
    """Open and close lists as the template does; return the level of each entry."""
    levels, still_open = [], ["ol"]
    for entry in entries:
        still_open.append("li")
        levels.append(still_open.count("li"))
        if entry.opens:
            still_open.append("ol")
        else:
            assert still_open.pop() == "li"
        for _ in entry.closes:
            assert [still_open.pop(), still_open.pop()] == ["ol", "li"]
    assert still_open == ["ol"]
    return levels


@st.composite
def paths(draw, most=25):
    """Draw the paths of some comments of a thread, in reading order."""
    forest = [[]]
    for number in range(1, draw(st.integers(1, most)) + 1):
        forest.append([*draw(st.sampled_from(forest[-12:])), number])
    kept = draw(st.lists(st.booleans(), min_size=most, max_size=most))
    return sorted(path for path, keep in zip(forest[1:], kept, strict=False) if keep)


@given(paths())
def test_thread_nests_lists_that_close(shown):
    entries = thread(row(*path) for path in shown)

    levels = nesting(entries)

    assert levels == [min(len(entry.path), SCREEN_DEPTH) for entry in entries]
    assert levels == [entry.level for entry in entries]


@given(paths())
@example([[1, 4, 12, 16, 17, 19, 22, 24, 25]])
def test_thread_keeps_places_of_comments_not_shown(shown):
    entries = thread(row(*path) for path in shown)

    # Below the last level of the screen there is no nesting that could break.
    places = {
        tuple(path[:depth]) for path in shown for depth in range(1, SCREEN_DEPTH)
    } | {tuple(path) for path in shown}
    assert [tuple(entry.path) for entry in entries] == sorted(places)
    assert [entry.path for entry in entries if entry.comment] == shown


@given(paths())
def test_thread_counts_replies_and_names_repliers(shown):
    names = {path[-1]: f"Reader {path[-1] % 4}" for path in shown}

    entries = thread(row(*path, name=names[path[-1]]) for path in shown)

    for entry in entries:
        below = [
            path[-1]
            for path in shown
            if path != entry.path and path[: len(entry.path)] == entry.path
        ]
        writers = list(dict.fromkeys(names[number] for number in below))
        assert (entry.reply_count, entry.repliers) == (len(below), writers[:3])


@given(paths())
def test_thread_knows_what_each_comment_answers(shown):
    entries = thread(row(*path) for path in shown)

    parents = [entry.parent.path if entry.parent else [] for entry in entries]
    assert parents == [entry.path[:-1] for entry in entries]


@given(paths(), st.data())
def test_thread_may_begin_in_its_middle(shown, data):
    rows = [row(*path) for path in shown]
    start = data.draw(st.integers(0, max(len(rows) - 1, 0)))
    above = [
        comment
        for comment in rows[:start]
        if comment.path == rows[start].path[: len(comment.path)]
    ]

    entries = thread(rows[start:], above)

    assert nesting(entries) == [entry.level for entry in entries]
    assert [entry.comment for entry in entries if entry.is_context] == above
    assert ThreadPage(entries).comments == rows[start:]


def test_thread_of_nothing_is_empty():
    assert thread([]) == []


def test_thread_opens_with_context_that_does_not_count():
    rows = [row(1, 2, 4, name="Ana"), row(1, 5, name="Rui")]

    entries = thread(rows, ancestors=[row(1), row(1, 2)])

    assert outline(entries) == [1, 2, 4, 5]
    assert [entry.is_context for entry in entries] == [True, True, False, False]
    assert [entry.reply_count for entry in entries] == [2, 1, 0, 0]
    assert [entry.repliers for entry in entries] == [["Ana", "Rui"], ["Ana"], [], []]


def test_thread_below_a_comment_begins_at_the_first_level():
    entries = thread([row(1, 2, 3), row(1, 2, 5, 6)], base=2)

    assert outline(entries) == [3, None, 6]
    assert [entry.level for entry in entries] == [1, 1, 2]


def test_answers_is_the_comment_above_if_it_is_shown():
    top, reply, lost = row(1), row(1, 2), row(1, 3, 4)

    entries = thread([top, reply, lost])

    assert [entry.answers for entry in entries] == [None, top, top, None]


def test_thread_takes_three_thousand_levels_without_recursion():
    whole = list(range(1, 3_001))

    entries = thread(row(*whole[:depth]) for depth in whole)

    assert nesting(entries) == [min(depth, SCREEN_DEPTH) for depth in whole]
    assert [entry.reply_count for entry in entries] == list(range(2_999, -1, -1))


def test_thread_fills_the_missing_levels_that_a_screen_nests():
    entries = thread([row(*range(1, 3_001))])

    assert outline(entries) == [None] * (SCREEN_DEPTH - 1) + [3_000]
    assert {entry.reply_count for entry in entries[:-1]} == {1}


# Pages


@pytest.fixture
def long_discussion(make_thread):
    """More than two pages of comments and replies, every seventh not shown."""
    chance = random.Random(3)  # noqa: S311 (no secret)
    count = 2 * PAGE_SIZE + 120
    parents = {1: None}
    for number in range(2, count + 1):
        parents[number] = chance.choice([None, *range(max(1, number - 30), number)])
    return make_thread(parents, hidden=range(7, count, 7))


def shown_numbers(discussion):
    shown = discussion.comments.shown().in_reading_order()
    return list(shown.values_list("number", flat=True))


def test_pages_of_a_discussion_add_up_to_the_whole(long_discussion):
    page = threads.page(long_discussion)
    pages = [page]
    while page.next_number:
        start = long_discussion.comments.get(number=page.next_number)
        page = threads.page(long_discussion, start)
        pages.append(page)

    found = [[comment.number for comment in page.comments] for page in pages]
    assert [*chain.from_iterable(found)] == shown_numbers(long_discussion)
    assert [len(page) for page in found[:-1]] == [PAGE_SIZE] * (len(pages) - 1)
    assert len(pages) == 3


def test_page_in_the_middle_opens_with_what_it_answers(long_discussion):
    number = threads.page(long_discussion).next_number
    start = long_discussion.comments.get(number=number)

    page = threads.page(long_discussion, start)

    above = list(Comment.objects.shown().ancestors_of(start))
    nested = [comment.pk for comment in above if comment.depth < SCREEN_DEPTH]
    parent = [comment.pk for comment in above if comment == start.parent]
    context = [entry.comment.pk for entry in page.entries if entry.is_context]
    assert context == list(dict.fromkeys([*nested, *parent]))
    assert nesting(page.entries) == [entry.level for entry in page.entries]


@pytest.mark.parametrize("count", [1, 3])
def test_page_query_count(make_thread, django_assert_num_queries, count):
    parents = {number: number - 1 or 1 for number in range(2, count + 2)}
    discussion = make_thread({1: None} | parents)
    start = discussion.comments.get(number=count + 1)

    with django_assert_num_queries(1):
        first = threads.page(discussion)
    with django_assert_num_queries(3):
        second = threads.page(discussion, start)

    assert outline(first.entries) == outline(second.entries) == [*range(1, count + 2)]


def test_page_knows_where_the_one_before_began(long_discussion):
    starts = [None]
    while number := _page_from(long_discussion, starts[-1]).next_number:
        starts.append(number)

    pages = [_page_from(long_discussion, start) for start in starts]

    assert [page.start for page in pages] == starts
    assert [page.previous_number for page in pages] == [None, None, *starts[1:-1]]
    first = long_discussion.article.get_absolute_url()
    assert pages[1].previous_address == pages[0].first_address == first
    assert pages[2].previous_address == pages[0].next_address


def _page_from(discussion, number):
    start = discussion.comments.get(number=number) if number else None
    return threads.page(discussion, start)


def test_contents_name_the_liveliest_branches_of_a_long_discussion(make_thread):
    parents = dict.fromkeys(range(1, PAGE_SIZE + 1))
    discussion = make_thread(parents | {201: 7, 202: 7, 203: 9, 204: 9, 205: 12})
    Comment.objects.filter(discussion=discussion, number=9).update(status="hidden")

    first = threads.page(discussion)
    second = threads.page(discussion, discussion.comments.get(number=first.next_number))

    found = [(opening.number, opening.reply_count) for opening in first.contents]
    assert found == [(7, 2), (12, 1)]
    assert second.contents == []


def test_contents_are_not_for_a_discussion_of_one_page(make_thread):
    parents = {1: None} | dict.fromkeys(range(2, PAGE_SIZE + 2), 1)

    # Of those that nobody sees, the page says nothing.
    assert threads.page(make_thread(parents, hidden=[7])).contents == []


LINK = f'<p>See <a href="https://example.org/{"x" * 500}">this &lt;b&gt;</a> now.</p>'


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>Well <em>sa</em>id.</p>\n<p>And so on.</p>", "Well said. And so on."),
        ("<p>One<br>two</p><ul><li>three</li><li>four</li></ul>", "One two three four"),
        (LINK, "See this <b> now."),
        ('<p>An <abbr title="a > b">ab</abbr> here</p>', "An ab here"),
        (f'<p>Long <a href="{"x" * 5_000}">link</a></p>', "Long"),
        (f"<p>{'x' * 398}&amp; more</p>", "x" * 398),
        (f"<p>{'x' * 395}&amp; more</p>", "x" * 395 + "&"),
    ],
)
def test_contents_begin_with_words_and_never_with_markup(make_thread, html, words):
    discussion = make_thread({1: None, 2: 1})
    discussion.comments.filter(number=1).update(body_html=html)

    (opening,) = threads.contents(discussion)

    assert opening_sentence(opening.body_html, 10) == words


def read_in_order(discussion, order):
    """Return the pages of an order, one after the other."""
    pages = [threads.ordered_page(discussion, order)]
    while number := pages[-1].next_number:
        start = discussion.branches.get(number=number)
        pages.append(threads.ordered_page(discussion, order, start))
    return pages


@pytest.mark.parametrize("order", ["newest", "answered"])
def test_ordered_pages_have_each_branch_once_in_its_order(long_discussion, order):
    pages = read_in_order(long_discussion, order)

    sizes = Counter(
        path[0] for path in long_discussion.comments.shown().values_list("path", flat=1)
    )
    rank = {"newest": lambda top: -top, "answered": lambda top: (-sizes[top], -top)}
    tops = [entry.path[0] for page in pages for entry in page.entries]
    assert [*dict.fromkeys(tops)] == sorted(sizes, key=rank[order])
    for page in pages:
        assert nesting(page.entries) == [entry.level for entry in page.entries]
        assert len(page.comments) <= PAGE_SIZE
        for branch in {entry.path[0] for entry in page.entries}:
            paths = [e.path for e in page.entries if e.path[0] == branch]
            assert paths == sorted(paths)


@pytest.mark.parametrize("order", ["newest", "answered"])
def test_ordered_pages_say_where_a_cut_branch_goes_on(long_discussion, order):
    whole = shown_numbers(long_discussion)
    for page in read_in_order(long_discussion, order):
        for entry in page.entries:
            if entry.continues_at:
                place = whole.index(entry.comment.number)
                assert whole[place + 1] == entry.continues_at


def test_ordered_page_cuts_only_a_branch_that_leaves_it_half_empty(make_thread):
    parents = {1: None, 2: None, 3: None}
    parents |= dict.fromkeys(range(4, 124), 1)
    parents |= dict.fromkeys(range(124, 214), 2)
    parents |= dict.fromkeys(range(214, 464), 3)
    discussion = make_thread(parents)

    first, *others = read_in_order(discussion, "newest")

    assert (len(first.comments), first.next_number) == (PAGE_SIZE, 2)
    assert first.entries[-1].continues_at == 413
    assert [len(page.comments) for page in others] == [PAGE_SIZE]
    assert others[0].entries[-1].continues_at == 112


@pytest.mark.parametrize("order", ["newest", "answered"])
def test_ordered_pages_lead_back_to_the_first(long_discussion, order):
    page = read_in_order(long_discussion, order)[-1]
    seen = {entry.path[0] for entry in page.entries}
    while page.start:
        number = page.previous_number
        start = long_discussion.branches.get(number=number) if number else None
        page = threads.ordered_page(long_discussion, order, start)
        seen |= {entry.path[0] for entry in page.entries}

    assert seen == {*long_discussion.branches.values_list("number", flat=True)}


@pytest.mark.parametrize("count", [1, 3])
def test_ordered_page_query_count(make_thread, django_assert_num_queries, count):
    discussion = make_thread(dict.fromkeys(range(1, count + 1)))
    start = discussion.branches.get(number=count)

    for order in ("newest", "answered"):
        with django_assert_num_queries(2):
            threads.ordered_page(discussion, order)
        with django_assert_num_queries(3):
            threads.ordered_page(discussion, order, start)


def test_page_of_the_exact_size_has_no_next_one(make_thread):
    discussion = make_thread(dict.fromkeys(range(1, PAGE_SIZE + 1)))

    page = threads.page(discussion)

    assert (len(page.comments), page.next_number) == (PAGE_SIZE, None)


def test_page_of_a_silent_discussion_is_empty(make_article):
    assert threads.page(make_article().discussion) == ThreadPage([])


def test_page_starting_at_a_hidden_comment_keeps_its_place(make_thread):
    discussion = make_thread({1: None, 2: 1, 3: 2, 4: None}, hidden=[2])

    page = threads.page(discussion, discussion.comments.get(number=2))

    assert outline(page.entries) == [1, None, 3, 4]
    assert [comment.number for comment in page.comments] == [3, 4]


def test_page_keeps_to_its_discussion(make_thread):
    discussion = make_thread({1: None, 2: 1})
    make_thread({1: None, 2: 1})

    page = threads.page(discussion)

    assert page.comments == discussion.comments.in_reading_order().rows()


def test_page_deep_in_a_thread_opens_with_what_a_screen_nests(make_chain):
    discussion = make_chain(600)

    page = threads.page(discussion, discussion.comments.get(number=500))

    assert outline(page.entries) == [*range(1, SCREEN_DEPTH), *range(499, 601)]
    assert [comment.number for comment in page.comments] == [*range(500, 601)]


def test_replies_page_has_what_is_below(make_thread):
    discussion = make_thread({1: None, 2: 1, 3: 2, 4: 1, 5: 2, 6: None}, hidden=[3])

    page = threads.replies_page(discussion.comments.get(number=1))

    assert outline(page.entries) == [2, 5, 4]
    assert [entry.level for entry in page.entries] == [1, 2, 1]
    assert page.next_number is None


def test_replies_page_says_where_more_is(make_thread):
    parents = {1: None} | dict.fromkeys(range(2, PAGE_SIZE + 4), 1)
    discussion = make_thread(parents)

    page = threads.replies_page(discussion.comments.get(number=1))

    assert outline(page.entries) == [*range(2, PAGE_SIZE + 2)]
    assert page.next_number == PAGE_SIZE + 2


def test_replies_page_goes_on_in_the_middle(make_chain):
    discussion = make_chain(600)
    top = discussion.comments.get(number=3)
    first = threads.replies_page(top)

    start = discussion.comments.get(number=first.next_number)
    second = threads.replies_page(top, start)

    assert [row.number for row in second.comments] == [*range(204, 404)]
    assert second.next_address == f"{top.get_absolute_url()}?start=404"
    context = [e.comment.number for e in second.entries if e.is_context]
    assert context == [*range(4, 3 + SCREEN_DEPTH), 203]


def test_captured_pages_go_by_number_with_the_links_that_were_given(long_discussion):
    edited = long_discussion.comments.filter(number__gt=100, parent__isnull=False)
    edited.update(reply_basis="edited")

    page = threads.captured_page(long_discussion)
    pages = [page]
    while page.next_number:
        page = threads.captured_page(long_discussion, page.next_number)
        pages.append(page)

    entries = [*chain.from_iterable(page.entries for page in pages)]
    assert outline(entries) == sorted(shown_numbers(long_discussion))
    assert {entry.level for entry in entries} == {1}
    shown = {row.pk: row for row in long_discussion.comments.shown().rows()}
    for entry in entries:
        is_given = entry.comment.reply_basis == "given"
        parent = shown.get(entry.comment.parent_id) if is_given else None
        assert entry.answers == parent


def test_captured_page_starts_at_a_number_that_is_not_shown(make_thread):
    discussion = make_thread({1: None, 2: None, 3: 1}, hidden=[2])

    page = threads.captured_page(discussion, 2)

    assert outline(page.entries) == [3]


def test_page_says_what_is_not_known(make_comment):
    make_comment()
    story = Article.objects.get()
    bare = threads.page(story.discussion)
    parent = make_comment(
        author_name="Rita", posted_at=story.created_at, posted_precision="second"
    )
    make_comment(parent=parent, reply_basis="edited")
    make_comment(parent=parent, reply_basis="inferred", reply_confidence=0.8)

    full = threads.page(story.discussion)

    known = ["lacks_names", "lacks_dates", "has_edited_links", "has_inferred_links"]
    assert [getattr(bare, name) for name in known] == [True, True, False, False]
    assert [getattr(full, name) for name in known] == [False, False, True, True]


def test_answered_by_has_the_nearest_that_a_screen_nests(make_chain):
    discussion = make_chain(30)

    entries = threads.answered_by(discussion.comments.get(number=30))

    assert outline(entries) == [*range(30 - SCREEN_DEPTH + 1, 30)]


def test_answered_by_keeps_the_place_of_what_is_not_shown(make_thread):
    discussion = make_thread({1: None, 2: 1, 3: 2, 4: 3}, hidden=[2])

    entries = threads.answered_by(discussion.comments.get(number=4))

    assert outline(entries) == [1, None, 3]
