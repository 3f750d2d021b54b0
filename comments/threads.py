"""From rows in reading order to a thread on a page, in one flat loop.

The rows are what a page shows, sorted by path. Each becomes an entry that knows what to
open and close around it, so that a template can write nested lists without recursion,
however deep the thread is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from articles.choices import Basis
from django.db.models import Q
from django.urls import reverse

from comments.models import Comment, Discussion

# Comments on a page: as long as a reader scrolls, and the same cost for any discussion.
PAGE_SIZE = 200
# Deeper replies stay at this level on screen and name whom they answer.
SCREEN_DEPTH = 8
# A folded branch names this many of those who wrote in it.
NAMED_REPLIERS = 3


@dataclass
class Entry:
    """A place in the thread.

    `comment` is None where a comment is not shown but its replies are. `is_context`
    marks a comment that belongs to an earlier page. `reply_count` counts the comments
    below it on the page, at any depth; `closes` has an item for each list that ends
    after it.
    """

    comment: Comment | None
    path: list[int]
    level: int
    parent: "Entry | None"
    is_context: bool = False
    reply_count: int = 0
    repliers: list[str] = field(default_factory=list)
    opens: bool = False
    closes: range = range(0)

    @property
    def answers(self) -> Comment | None:
        """The comment that this one answers, if it is shown."""
        return self.parent.comment if self.parent else None


def thread(
    rows: Iterable[Comment], ancestors: Iterable[Comment] = (), base: int = 0
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
    following_levels = [*(entry.level for entry in entries[1:]), 1]
    for entry, following in zip(entries, following_levels, strict=False):
        entry.opens = following > entry.level
        entry.closes = range(max(entry.level - following, 0))
    _count_replies(entries)
    return entries


def _place(
    comment: Comment,
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
        if entry.comment and not entry.is_context:
            names = [entry.comment.author_name, *names]
            count += 1
        entry.parent.reply_count += count
        names = dict.fromkeys([*names, *entry.parent.repliers])
        entry.parent.repliers = [*names][:NAMED_REPLIERS]


@dataclass
class ThreadPage:
    """A page of a discussion, and what is known about the comments on it."""

    entries: list[Entry]
    next_number: int | None = None

    @property
    def comments(self) -> list[Comment]:
        return [
            entry.comment
            for entry in self.entries
            if entry.comment and not entry.is_context
        ]

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


def page(discussion: Discussion, start: Comment | None = None) -> ThreadPage:
    """Return the page of a discussion that starts at a comment, or the first one."""
    comments = Comment.objects.filter(discussion=discussion).shown()
    ancestors = []
    if start:
        is_needed = Q(depth__lt=SCREEN_DEPTH) | Q(pk=start.parent_id)
        ancestors = comments.ancestors_of(start).filter(is_needed).for_reading()
        comments = comments.reading_from(start.path)
    rows = list(comments.in_reading_order().for_reading()[: PAGE_SIZE + 1])
    next_number = rows[PAGE_SIZE].number if len(rows) > PAGE_SIZE else None
    return ThreadPage(thread(rows[:PAGE_SIZE], ancestors), next_number)


def replies_page(comment: Comment) -> ThreadPage:
    """Return the replies below a comment, as many as a page holds."""
    replies = Comment.objects.shown().subtree_of(comment).in_reading_order()
    rows = list(replies.for_reading()[: PAGE_SIZE + 1])
    next_number = rows[PAGE_SIZE].number if len(rows) > PAGE_SIZE else None
    return ThreadPage(thread(rows[:PAGE_SIZE], base=comment.depth), next_number)


def answered_by(comment: Comment) -> list[Entry]:
    """Return what a comment answers, the nearest last, as many as a screen nests."""
    base = max(len(comment.path) - SCREEN_DEPTH, 0)
    above = Comment.objects.shown().ancestors_of(comment).filter(depth__gt=base)
    return thread([*above.for_reading(), comment], base=base)[:-1]


def captured_page(discussion: Discussion, start: int = 1) -> ThreadPage:
    """Return the comments as they came: by number, from `start` on, side by side.

    Only links that the source gave are shown; what an editor set or a rule inferred is
    left out.
    """
    shown = Comment.objects.filter(discussion=discussion).shown().for_reading()
    comments = shown.filter(number__gte=start).order_by("number")
    rows = list(comments[: PAGE_SIZE + 1])
    next_number = rows[PAGE_SIZE].number if len(rows) > PAGE_SIZE else None
    del rows[PAGE_SIZE:]
    entries = {row.pk: Entry(row, row.path, 1, None) for row in rows}
    given = [row for row in rows if row.reply_basis == Basis.GIVEN]
    elsewhere = {row.parent_id for row in given} - entries.keys()
    parents = shown.in_bulk(elsewhere) if elsewhere else {}
    for row in given:
        parent = parents.get(row.parent_id)
        entries[row.pk].parent = entries.get(row.parent_id) or Entry(
            parent, [], 1, None, is_context=True
        )
    return ThreadPage([*entries.values()], next_number)


def address_in_discussion(comment: Comment) -> str:
    """Return where a comment stands among the others: below the story if they fit.

    Its discussion and that one's story are read, so come with them (`with_story`).
    """
    discussion = comment.discussion
    if discussion.last_number <= PAGE_SIZE:
        page = discussion.article.get_absolute_url()
    else:
        page = reverse("comments:discussion", args=[discussion.article.slug])
        page += f"?start={comment.number}"
    return f"{page}#comment-{comment.pk}"
