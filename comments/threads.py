"""From rows in reading order to a thread on a page, in one flat loop.

The rows are what a page shows, sorted by path. Each becomes an entry that knows what to
open and close around it, so that a template can write nested lists without recursion,
however deep the thread is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import pairwise
from typing import NamedTuple

from articles.addresses import address_of
from articles.choices import Basis
from articles.prepared import Parameter, Prepared
from django.db.models import Func, OuterRef, Q, Subquery, TextField
from django.utils.http import urlencode

from comments.choices import ThreadOrder
from comments.models import Branch, Comment, Discussion
from comments.rows import Row

# Comments on a page: as long as a reader scrolls, and the same cost for any discussion.
PAGE_SIZE = 200
# Deeper replies stay at this level on screen and name whom they answer.
SCREEN_DEPTH = 8
# A folded branch names this many of those who wrote in it.
NAMED_REPLIERS = 3
# The contents of a long discussion name so many of its branches.
BRANCHES_IN_CONTENTS = 6
# Enough of a comment for its first words, with its markup and without.
OPENING_MARKUP_LENGTH = 4_000
OPENING_LENGTH = 400


@dataclass
class Entry:
    """A place in the thread.

    `comment` is None where a comment is not shown but its replies are. `is_context`
    marks a comment that belongs to an earlier page. `reply_count` counts the comments
    below it on the page, at any depth; `closes` has an item for each list that ends
    after it. `continues_at` is the number of the next comment of its branch, where the
    page leaves off in the middle of one.
    """

    comment: Row | None
    path: list[int]
    level: int
    parent: "Entry | None"
    is_context: bool = False
    reply_count: int = 0
    repliers: list[str] = field(default_factory=list)
    unnamed_count: int = 0
    opens: bool = False
    closes: range = range(0)
    continues_at: int | None = None

    @property
    def answers(self) -> Row | None:
        """The comment that this one answers, if it is shown."""
        return self.parent.comment if self.parent else None


def thread(
    rows: Iterable[Row], ancestors: Iterable[Row] = (), base: int = 0
) -> list[Entry]:
    """Arrange comments, given in reading order, as entries of a thread.

    `ancestors` are the comments above the first row, the top-level one first, when the
    page begins in the middle of a thread: they open it again as context. `base` is the
    depth of the comment whose replies these are, 0 for a whole discussion. A missing
    ancestor (hidden, spam, not yet read by a moderator) keeps its place as an entry
    without a comment, so the tree stays whole.
    """
    entries: list[Entry] = []
    above: list[Entry] = []
    for comment in ancestors:
        _place(comment, base, above, entries, is_context=True)
    for comment in rows:
        _place(comment, base, above, entries)
    levels = [*(entry.level for entry in entries), 1]
    for entry, (level, following) in zip(entries, pairwise(levels), strict=True):
        entry.opens = following > level
        entry.closes = range(max(level - following, 0))
    _count_replies(entries)
    return entries


def _place(
    comment: Row,
    base: int,
    above: list[Entry],
    entries: list[Entry],
    is_context: bool = False,
) -> None:
    """Append the comment's entry, and before it those of ancestors not shown."""
    while above and comment.path[: len(above[-1].path)] != above[-1].path:
        above.pop()
    start = len(above[-1].path) if above else base
    for depth in range(start + 1, len(comment.path) + 1):
        is_missing = depth < len(comment.path)
        if is_missing and depth - base >= SCREEN_DEPTH:
            continue  # From there on the screen shows no nesting that could break.
        entry = Entry(
            comment=None if is_missing else comment,
            path=comment.path[:depth],
            level=min(depth - base, SCREEN_DEPTH),
            parent=above[-1] if above else None,
            is_context=is_context and not is_missing,
        )
        entries.append(entry)
        above.append(entry)


def _count_replies(entries: list[Entry]) -> None:
    """Sum up each branch, from the last entry to the first: replies come after."""
    for entry in reversed(entries):
        if entry.parent is None:
            continue
        names, count = entry.repliers, entry.reply_count
        unnamed = entry.unnamed_count
        if entry.comment and not entry.is_context:
            names = [entry.comment.author_name, *names]
            count += 1
            unnamed += not names[0]
        entry.parent.reply_count += count
        entry.parent.unnamed_count += unnamed
        names = dict.fromkeys([*names, *entry.parent.repliers])
        entry.parent.repliers = [*names][:NAMED_REPLIERS]


class Opening(NamedTuple):
    """How a branch begins, for the contents of a discussion; its HTML has no tags."""

    pk: int
    number: int
    author_name: str
    language: str
    body_html: str
    size: int

    @property
    def reply_count(self) -> int:
        return self.size - 1


class OrderLink(NamedTuple):
    """An order that a discussion can be read in, and where."""

    name: str
    address: str
    is_current: bool


@dataclass
class ThreadPage:
    """A page of a discussion, and what is known about the comments on it.

    Of the replies below one comment, `below` is that comment. `start` is the number the
    page begins with, None on the first one. `anchors` has the element ids of comments
    that are to have another than their own, by key.
    """

    entries: list[Entry]
    next_number: int | None = None
    previous_number: int | None = None
    start: int | None = None
    order: str = ThreadOrder.WRITTEN
    discussion: Discussion | None = field(default=None, compare=False)
    below: Comment | None = None
    contents: list[Opening] = field(default_factory=list)
    anchors: dict[int, str] = field(default_factory=dict)

    @cached_property
    def comments(self) -> list[Row]:
        return [
            entry.comment
            for entry in self.entries
            if entry.comment and not entry.is_context
        ]

    @property
    def is_of_many(self) -> bool:
        """Tell whether there is something to order, by nothing but what is shown."""
        return bool(len(self.comments) > 1 or self.start or self.next_number)

    @property
    def lacks_names(self) -> bool:
        return not any(comment.author_name for comment in self.comments)

    @property
    def lacks_dates(self) -> bool:
        return not any(comment.posted_at for comment in self.comments)

    @property
    def has_edited_links(self) -> bool:
        return any(comment.reply_basis == Basis.EDITED for comment in self.comments)

    @property
    def has_inferred_links(self) -> bool:
        return any(comment.reply_basis == Basis.INFERRED for comment in self.comments)

    @property
    def has_notes(self) -> bool:
        return (
            self.is_captured
            or self.lacks_names
            or self.lacks_dates
            or self.has_edited_links
            or self.has_inferred_links
        )

    @property
    def is_captured(self) -> bool:
        return self.order == ThreadOrder.CAPTURED

    @property
    def orders(self) -> list[OrderLink]:
        return [
            OrderLink(
                order.label, page_address(self.discussion, order), order == self.order
            )
            for order in ThreadOrder
        ]

    @property
    def canonical_address(self) -> str:
        """Any first page says what the story's page says."""
        if self.below or self.start:
            return self._address_from(self.start)
        return page_address(self.discussion)

    def continuation_of(self, entry: Entry) -> str:
        """Return where a branch goes on that the page leaves off in the middle of."""
        top = entry
        while top.parent:
            top = top.parent
        if top.comment is None:
            return page_address(self.discussion, start=entry.continues_at)
        address = address_of("comments:detail", top.comment.pk)
        return f"{address}?start={entry.continues_at}#replies"

    @property
    def first_address(self) -> str:
        return self._address_from(None)

    @property
    def previous_address(self) -> str:
        return self._address_from(self.previous_number) if self.start else ""

    @property
    def next_address(self) -> str:
        return self._address_from(self.next_number) if self.next_number else ""

    def _address_from(self, start: int | None) -> str:
        if self.below:
            query = f"?start={start}" if start else ""
            return self.below.get_absolute_url() + query
        return page_address(self.discussion, self.order, start)


def page(discussion: Discussion, start: Row | None = None) -> ThreadPage:
    """Return the page of a discussion that starts at a comment, or the first one."""
    if start is None:
        return _first_page(discussion)
    comments = Comment.objects.filter(discussion=discussion).shown()
    found = ThreadPage([], start=start.number, discussion=discussion)
    is_needed = Q(depth__lt=SCREEN_DEPTH) | Q(pk=start.parent_id)
    ancestors = comments.ancestors_of(start).filter(is_needed).rows()
    before = comments.reading_before(start.path).in_reverse_reading_order()
    found.previous_number = _number_of_previous(before)
    following = comments.reading_from(start.path).in_reading_order()
    rows, found.next_number = _one_page(following)
    found.entries = thread(rows, ancestors)
    return found


def _first_page(discussion: Discussion) -> ThreadPage:
    rows = map(Row._make, _first_comments()(discussion=discussion.pk))
    rows, next_number = _cut([*rows])
    return ThreadPage(
        thread(rows),
        next_number,
        discussion=discussion,
        contents=contents(discussion) if next_number else [],
    )


@cache
def _first_comments() -> Prepared:
    comments = Comment.objects.filter(discussion=Parameter("discussion")).shown()
    first = comments.in_reading_order()[: PAGE_SIZE + 1]
    return Prepared(first.values_list(*Row._fields))


def _one_page(comments) -> tuple[list[Row], int | None]:
    """Return the rows of a page, and the number of what comes after them."""
    return _cut(comments[: PAGE_SIZE + 1].rows())


def _cut(rows: list[Row]) -> tuple[list[Row], int | None]:
    following = rows[PAGE_SIZE].number if len(rows) > PAGE_SIZE else None
    return rows[:PAGE_SIZE], following


def _number_of_previous(before) -> int | None:
    """Return where the page before begins, None where that is the first one."""
    numbers = before.values_list("number", flat=True)
    first, *earlier = [*numbers[PAGE_SIZE - 1 : PAGE_SIZE + 1], None]
    return first if any(earlier) else None


class OpeningText(Func):
    """The first words of sanitised HTML without its tags, entities left as they are.

    Also without a tag or an entity that the cut leaves unfinished. An attribute's value
    may hold a ">".
    """

    output_field = TextField()
    template = f"""
        regexp_replace(left(regexp_replace(regexp_replace(
            left(%(expressions)s, {OPENING_MARKUP_LENGTH}),
            '</(p|li|pre|blockquote)>|<br>', ' ', 'g'),
            '<([^">]|"[^"]*("|$))*(>|$)', '', 'g'),
            {OPENING_LENGTH}), '&[#a-zA-Z0-9]*$', '')
    """


def contents(discussion: Discussion) -> list[Opening]:
    """Return how the liveliest branches of a discussion begin."""
    found = map(Opening._make, _openings()(discussion=discussion.pk))
    return sorted(found, key=lambda it: (it.size, it.number), reverse=True)


@cache
def _openings() -> Prepared:
    """Return the query of how the liveliest branches begin.

    Both tables are read by their indexes, as many rows of each as there are branches.
    """
    discussion = Parameter("discussion")
    branches = Branch.objects.filter(discussion=discussion)
    liveliest = branches.filter(size__gt=1).in_order(ThreadOrder.ANSWERED)
    branch = branches.filter(number=OuterRef("number"))
    return Prepared(
        Comment.objects.filter(discussion=discussion)
        .filter(number__in=liveliest.values("number")[:BRANCHES_IN_CONTENTS])
        .public()
        .annotate(
            opening=OpeningText("body_html"),
            size=Subquery(branch.values("size")[:1]),
        )
        .values_list("pk", "number", "author_name", "language", "opening", "size")
    )


def ordered_page(
    discussion: Discussion, order: str, start: Branch | None = None
) -> ThreadPage:
    """Return a page of whole branches, the newest or the most answered first.

    A branch that does not fit begins the next page, unless that left this one less than
    half full: then it is cut, and its last entry says where it goes on.
    """
    found = ThreadPage([], order=order, discussion=discussion)
    branches = Branch.objects.filter(discussion=discussion)
    following = branches.in_order(order)
    if start:
        found.start = start.number
        before = branches.reading_back_from(start, order)
        found.previous_number = _first_of_previous(before[: PAGE_SIZE + 1])
        following = branches.reading_from(start, order)
    sizes, found.next_number = _filling(following[: PAGE_SIZE + 1])
    found.entries = _branches(discussion, sizes)
    return found


def _filling(branches: Iterable[Branch]) -> tuple[dict[int, int], int | None]:
    """Return how many comments of which branches fill a page, and what comes next."""
    sizes, room = {}, PAGE_SIZE
    for branch in branches:
        is_half_full = room <= PAGE_SIZE // 2
        if room == 0 or (is_half_full and branch.size > room):
            return sizes, branch.number
        sizes[branch.number] = min(branch.size, room)
        room -= sizes[branch.number]
    return sizes, None


def _first_of_previous(before: Iterable[Branch]) -> int | None:
    """Return the branch that the page before begins with, None for the first page."""
    begins_with, room = None, PAGE_SIZE
    for branch in before:
        room -= branch.size
        if begins_with and room < 0:
            return begins_with
        begins_with = branch.number
    return None


def _branches(discussion: Discussion, sizes: dict[int, int]) -> list[Entry]:
    """Return the entries of some branches, of each as many as `sizes` says."""
    # One more of each shows whether that was all.
    more = {number: size + 1 for number, size in sizes.items()}
    rows = Comment.objects.heads_of_branches(discussion, more).rows()
    place = {number: index for index, number in enumerate(sizes)}
    rows.sort(key=lambda row: (place[row.path[0]], row.path))
    shown, cut = [], {}
    for row in rows:
        top = row.path[0]
        if sizes[top]:
            sizes[top] -= 1
            shown.append(row)
        else:
            cut[top] = row.number
    entries = thread(shown)
    for entry, following in pairwise([*entries, None]):
        top = entry.path[0]
        if following is None or following.path[0] != top:
            entry.continues_at = cut.get(top)
    return entries


def captured_page(discussion: Discussion, start: int | None = None) -> ThreadPage:
    """Return the comments as they came: by number, from `start` on, side by side.

    Only links that the source gave are shown; what an editor set or a rule inferred is
    left out.
    """
    shown = Comment.objects.filter(discussion=discussion).shown()
    found = ThreadPage([], order=ThreadOrder.CAPTURED, discussion=discussion)
    if start:
        found.start = start
        before = shown.filter(number__lt=start).order_by("-number")
        found.previous_number = _number_of_previous(before)
    following = shown.filter(number__gte=start or 1).order_by("number")
    rows, found.next_number = _one_page(following)
    entries = {row.pk: Entry(row, row.path, 1, None) for row in rows}
    given = [row for row in rows if row.reply_basis == Basis.GIVEN]
    elsewhere = {row.parent_id for row in given} - entries.keys()
    parents = shown.filter(pk__in=elsewhere).rows() if elsewhere else []
    parents = {row.pk: row for row in parents}
    for row in given:
        parent = parents.get(row.parent_id)
        entries[row.pk].parent = entries.get(row.parent_id) or Entry(
            parent, [], 1, None, is_context=True
        )
    found.entries = [*entries.values()]
    return found


def replies_page(comment: Comment, start: Row | None = None) -> ThreadPage:
    """Return the replies below a comment, as many as a page holds."""
    replies = Comment.objects.shown().subtree_of(comment)
    ancestors, base = [], comment.depth
    if start:
        is_needed = Q(depth__lt=base + SCREEN_DEPTH) | Q(pk=start.parent_id)
        above = Comment.objects.shown().ancestors_of(start).filter(is_needed)
        ancestors = above.filter(depth__gt=base).rows()
        replies = replies.reading_from(start.path)
    rows, next_number = _one_page(replies.in_reading_order())
    return ThreadPage(
        thread(rows, ancestors, base=base),
        next_number,
        start=start.number if start else None,
        discussion=comment.discussion,
        below=comment,
    )


def answered_by(comment: Comment) -> list[Entry]:
    """Return what a comment answers, the nearest last, as many as a screen nests."""
    base = max(len(comment.path) - SCREEN_DEPTH, 0)
    above = Comment.objects.shown().ancestors_of(comment).filter(depth__gt=base)
    return thread([*above.rows(), comment], base=base)[:-1]


def page_address(
    discussion: Discussion, order: str = ThreadOrder.WRITTEN, start: int | None = None
) -> str:
    """Return the address of a page: the first one stands below the story."""
    article = discussion.article
    query = {"order": order, "start": start}
    query = {name: value for name, value in query.items() if value}
    if not query:
        return article.get_absolute_url()
    address = address_of("comments:discussion", article.slug)
    return f"{address}?{urlencode(query)}"


def address_in_discussion(comment: Comment) -> str:
    """Return where a comment stands among the others.

    Its discussion and that one's story are read, so come with them (`with_story`).
    """
    discussion = comment.discussion
    return comment_address(
        discussion.article.slug, discussion.last_number, comment.number, comment.pk
    )


def comment_address(slug: str, last_number: int, number: int, pk: int) -> str:
    """Return where a comment stands: below the story if all comments fit there."""
    if last_number <= PAGE_SIZE:
        return f"{address_of('article-detail', slug)}#comment-{pk}"
    address = address_of("comments:discussion", slug)
    return f"{address}?{urlencode({'start': number})}#comment-{pk}"
