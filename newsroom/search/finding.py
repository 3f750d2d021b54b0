"""Finding: the hits of a query in order, page by page, at a cost that has a bound.

PostgreSQL can take the words first and then sort, or go from text to text by date and
look for the words. The one is slow for a common word, the other for a rare one, so this
chooses. First all hits are collected, up to 1,000. If that is all, they are sorted
here. Otherwise the words are common, and it is the newest texts that are looked at: for
the order by date until a page is full, for the best to rank what is among them.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import OperationalError, connection, transaction
from django.db.models import (
    BooleanField,
    DateTimeField,
    F,
    FloatField,
    Func,
    QuerySet,
    TextChoices,
    Value,
)
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from psycopg.errors import QueryCanceled

from articles.models import Article
from articles.search import LanguageCode
from comments.models import LISTED_AT, Comment

PAGE_SIZE = 20
# So many hits are counted exactly, and sorted whole.
MOST_COUNTED = 1000
# Hits of common words are sought in so many of the newest comments.
NEWEST_COMMENTS = 10_000
# So many of the newest hits are ranked to find the best. Of stories less: to rank one
# means to unpack all its words.
RANKED_COMMENTS = 200
RANKED_STORIES = 100
# Up to so many hits, as the planner estimates, sorting all is cheaper than looking
# through the newest.
FEW = 5000
# From so many on, the first thousand are met sooner than their index entries are read.
MANY = 100_000

# A search that would take longer is refused; the reader is asked to narrow it.
SECONDS_ALLOWED = 3
# What the planner cannot know: looking through stories means to unpack all words of
# each. And what does not pay for some milliseconds: to compile, to start workers.
_PLANNING = {
    "statement_timeout": f"{SECONDS_ALLOWED}s",
    "enable_seqscan": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "work_mem": "32MB",
}

# A word in a story's headline counts for more than one in a comment.
STORY_WEIGHTS = [0.1, 0.2, 0.4, 1.0]
COMMENT_WEIGHTS = [0.1, 0.2, 0.4, 0.4]


class Order(TextChoices):
    BEST = "best", gettext_lazy("best first")
    NEWEST = "newest", gettext_lazy("newest first")


class Kind(TextChoices):
    STORY = "story", gettext_lazy("stories")
    COMMENT = "comment", gettext_lazy("comments")


class Hit(NamedTuple):
    """A text that was found. Of two hits the greater comes first.

    Ordered by date, all ranks are 0; of the same moment, a story comes before comments.
    """

    rank: float
    at: datetime
    kind: str
    pk: int
    story: int = 0
    code: str = ""


STORY, COMMENT = "s", "c"
NO_RANK = Value(0.0, output_field=FloatField())


class TooBroad(Exception):
    """The search would take too long."""


@contextmanager
def bounded() -> Iterator[None]:
    """Let the statements inside take only so long, and raise TooBroad after that."""
    try:
        with transaction.atomic():
            _set(**_PLANNING)
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooBroad from error
        raise


@dataclass
class Found:
    """A page of hits. `total` is None where there are more than are counted.

    `hits` are the page's, `every` those that were counted, in no order; `rest_after` is
    where the hits go on, by date, when the best of common words have been shown.
    """

    hits: list[Hit]
    has_more: bool
    total: int | None
    every: Sequence[Hit] = ()
    rest_after: Hit | None = None
    is_by_date: bool = False


class CompiledQuery(SearchQuery):
    """A query as PostgreSQL itself writes it."""

    template = "(%(expressions)s)::tsquery"


class Search:
    """A query, and the stories and comments that it is asked of."""

    def __init__(self, query: str, filters, order: str, kind: str = ""):
        self.query = CompiledQuery(query)
        self.filters, self.order, self.kind = filters, order, kind

    def page(self, after: Hit | None = None) -> Found:
        """Return the page of hits that come after one, or the first page."""
        every = None if self._are_surely_many() else self.collected()
        if every is None or len(every) > MOST_COUNTED:
            is_by_date = self.order == Order.NEWEST
            return self._newest(after) if is_by_date else self._best(after)
        if self.order == Order.BEST:
            every = self._ranked(every)
        return Found(*_page_of(every, after), total=len(every), every=every)

    def collected(self) -> list[Hit]:
        """Return all hits, unranked, if they are no more than are counted.

        If they are more, some of them, one more than are counted.
        """
        hits = []
        with words_first(self.is_rare):
            for texts in (self.comments(), self.stories()):
                limit = MOST_COUNTED + 1 - len(hits)
                hits += _hits(texts.order_by()[:limit]) if limit else []
        return hits

    def _are_surely_many(self) -> bool:
        """Whether there are more comments than are counted, asked where it is likely.

        To count them takes less than to fetch them for nothing.
        """
        if self._expected_comments <= 2 * MOST_COUNTED:
            return False
        with words_first(self.is_rare):
            first = self.comments().order_by()[: MOST_COUNTED + 1]
            return first.count() > MOST_COUNTED

    def stories(self) -> QuerySet:
        """Return the stories that match."""
        if self.kind == Kind.COMMENT:
            return Article.objects.none()
        stories = self.filters.texts(self.filters.stories())
        return stories.filter(search_vector=self.query)

    def comments(self) -> QuerySet:
        """Return the comments that match."""
        if self.kind == Kind.STORY:
            return Comment.objects.none()
        comments = Comment.objects.public().alias(listed_at=LISTED_AT)
        comments = comments.filter(discussion__article__in=self.filters.stories())
        return self.filters.texts(comments).filter(search_vector=self.query)

    def _newest(self, after: Hit | None) -> Found:
        """Return a page by date: from the newest texts if they fill it, or from all."""
        stories = _before(self.stories(), STORY, after)
        comments = _before(self.comments(), COMMENT, after)
        hits = _hits(_newest_first(stories, self._few_stories)[: PAGE_SIZE + 1])
        is_few = self._few_comments
        end = None if is_few else self._end_of_newest(after)
        newest = _since(comments, COMMENT, end) if end else comments
        found = _hits(_newest_first(newest, is_few)[: PAGE_SIZE + 1])
        if end and len(found) <= PAGE_SIZE:
            found = _hits(_newest_first(comments, is_few=True)[: PAGE_SIZE + 1])
        page, has_more = _page_of(hits + found, after)
        return Found(page, has_more, total=None, is_by_date=True)

    def _best(self, after: Hit | None) -> Found:
        """Return a page of the best among the newest hits, and where the rest begins.

        Where even the newest texts have less than a page of hits, it is one by date.
        """
        stories, comments = self.stories(), self.comments()
        end = None if self._few_comments else self._end_of_newest()
        if end:
            stories = _since(stories, STORY, end)
            comments = _since(comments, COMMENT, end)
        hits = []
        for texts, is_few, most in (
            (stories, self._few_stories, RANKED_STORIES),
            (comments, self._few_comments, RANKED_COMMENTS),
        ):
            newest = _hits(_newest_first(texts, is_few)[:most])
            if len(newest) == most:
                end = max(end, newest[-1]) if end else newest[-1]
            hits += newest
        if end:
            hits = [hit for hit in hits if hit >= end]
        if end and len(hits) < PAGE_SIZE:
            return self._newest(after)
        page, has_more = _page_of(self._ranked(hits), after)
        return Found(page, has_more, total=None, rest_after=end)

    @cached_property
    def is_rare(self) -> bool:
        """Whether the index of words finds the first hits sooner than luck does."""
        return self._expected_comments <= MANY

    @cached_property
    def _few_comments(self) -> bool:
        """Whether sorting all hits is cheaper than looking through the newest."""
        is_of_story = self.filters.form.cleaned_data["story"]
        return bool(is_of_story) or self._expected_comments <= FEW

    @cached_property
    def _few_stories(self) -> bool:
        return _expected(self.stories()) <= FEW

    @cached_property
    def _expected_comments(self) -> int:
        return _expected(self.comments())

    def _end_of_newest(self, after: Hit | None = None) -> Hit | None:
        """Return the last of the newest comments after a hit; None if there are less.

        All that are public count, found or not. OFFSET reads entries of the index
        alone, and never more of them than these.
        """
        public = Comment.objects.public().alias(listed_at=LISTED_AT)
        public = self.filters.dated(public)
        newest = _before(public, COMMENT, after).newest_first()
        last = _hits(newest[NEWEST_COMMENTS : NEWEST_COMMENTS + 1], is_bare=True)
        return last[0] if last else None

    def _ranked(self, hits: Sequence[Hit]) -> list[Hit]:
        """Return the same hits with their ranks."""
        ranks = {}
        for kind, model, weights in (
            (STORY, Article, STORY_WEIGHTS),
            (COMMENT, Comment, COMMENT_WEIGHTS),
        ):
            keys = [hit.pk for hit in hits if hit.kind == kind]
            rank = SearchRank(F("search_vector"), self.query, weights=weights)
            found = model.objects.filter(pk__in=keys).values_list("pk", rank)
            ranks |= {(kind, pk): value for pk, value in found}
        return [
            hit._replace(rank=ranks[hit.kind, hit.pk])
            for hit in hits
            if (hit.kind, hit.pk) in ranks
        ]


def _expected(texts: QuerySet) -> int:
    """Return how many there are by the planner's statistics of common words."""
    if texts.query.is_empty():
        return 0
    (plan,) = json.loads(texts.order_by().explain(format="json"))
    return plan["Plan"]["Plan Rows"]


@contextmanager
def words_first(is_on: bool = True) -> Iterator[None]:
    """Let the planner read no index in its order, only whole answers, while it is on.

    It takes words for more frequent than they are together, and with a limit it would
    hope to meet enough of them soon on any other way; that ends in reading everything.
    """
    if is_on:
        _set(enable_indexscan="off", enable_indexonlyscan="off")
    yield
    if is_on:
        _set(enable_indexscan="on", enable_indexonlyscan="on")


def _set(**settings: str) -> None:
    """Change settings until the transaction ends."""
    changes = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {changes}", [text for pair in settings.items() for text in pair]
        )


def _hits(texts: QuerySet, rank=NO_RANK, *, is_bare: bool = False) -> list[Hit]:
    """Return what a query of stories or of comments finds; bare, only its place."""
    if texts.model is Comment:
        kind, at, story = COMMENT, LISTED_AT, F("discussion_id")
    else:
        kind, at, story = STORY, F("listed_at"), F("pk")
    more = () if is_bare else (story, LanguageCode("language"))
    return [
        Hit(rank, at, kind, pk, *rest)
        for rank, at, pk, *rest in texts.values_list(rank, at, "pk", *more)
    ]


def _newest_first(texts: QuerySet, is_few: bool) -> QuerySet:
    """Order by date: few by sorting them, many by the index of dates."""
    if not is_few:
        return texts.newest_first()
    at = LISTED_AT if texts.model is Comment else "listed_at"
    # The sum is the same time, but no column of an index.
    unindexed = Func(
        at, template="(%(expressions)s + interval '0')", output_field=DateTimeField()
    )
    return texts.order_by(unindexed.desc(), "-pk")


def _before(texts: QuerySet, kind: str, hit: Hit | None) -> QuerySet:
    """Return the texts of this kind that come after a hit by date, so are older."""
    if hit is None:
        return texts
    if kind > hit.kind:
        return texts.filter(listed_at__lt=hit.at)
    texts = texts.filter(listed_at__lte=hit.at)
    return texts.filter(_place("<", hit)) if kind == hit.kind else texts


def _since(texts: QuerySet, kind: str, hit: Hit) -> QuerySet:
    """Return the texts of this kind down to a hit by date."""
    if kind < hit.kind:
        return texts.filter(listed_at__gt=hit.at)
    texts = texts.filter(listed_at__gte=hit.at)
    return texts.filter(_place(">=", hit)) if kind == hit.kind else texts


def _place(operator: str, hit: Hit) -> Func:
    """Compare places as rows, which an index can do."""
    place = Func("listed_at", "pk", function="ROW", output_field=BooleanField())
    other = Func(
        Value(hit.at), Value(hit.pk), function="ROW", output_field=BooleanField()
    )
    return Func(
        place,
        other,
        template="(%(expressions)s)",
        arg_joiner=f" {operator} ",
        output_field=BooleanField(),
    )


def _page_of(hits: Sequence[Hit], after: Hit | None) -> tuple[list[Hit], bool]:
    """Return the page of these hits after one of them, and whether there are more."""
    rest = sorted((hit for hit in hits if not after or hit < after), reverse=True)
    return rest[:PAGE_SIZE], len(rest) > PAGE_SIZE
