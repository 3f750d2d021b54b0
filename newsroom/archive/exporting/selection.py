"""What is written out: the whole archive, or some stories with all about them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db import connection, transaction
from django.db.models import Prefetch, Q, QuerySet

from articles.models import (
    Article,
    ArticleRevision,
    Author,
    Byline,
    FormerSlug,
    Section,
    Topic,
)
from comments.models import Comment
from newsroom.archive.models import Record, Source, SourceAddress

STORIES_AT_ONCE = 100
ROWS_AT_ONCE = 2000


@contextmanager
def one_moment() -> Iterator[None]:
    """Read in one transaction that sees a single moment, whatever others write."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if is_outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # What is read here is read to its end, so that is what plans are for.
        cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
        yield


@dataclass(frozen=True)
class Selection:
    """Stories by their addresses, or changed since a time, or both; else everything.

    A story counts as changed when its discussion is.
    """

    slugs: tuple[str, ...] = ()
    since: datetime | None = None

    @property
    def is_everything(self) -> bool:
        return not self.slugs and self.since is None

    def unknown_slugs(self) -> list[str]:
        """Return the addresses that no story has or had."""
        known = Article.objects.at_address
        return [slug for slug in self.slugs if not known(slug).exists()]

    @cached_property
    def keys(self) -> list[int]:
        """The keys of the selected stories, so that a query knows how few it reads."""
        articles = Article.objects.all()
        if self.slugs:
            former = FormerSlug.objects.filter(slug__in=self.slugs)
            articles = articles.filter(
                Q(slug__in=self.slugs) | Q(pk__in=former.values("article"))
            )
        if self.since:
            articles = articles.filter(
                Q(changed_at__gte=self.since)
                | Q(discussion__changed_at__gte=self.since)
                | Q(pk__in=self._moderated())
            )
        return list(articles.order_by("pk").values_list("pk", flat=True))

    def _moderated(self) -> QuerySet:
        """Return where comments came or were moderated: some that readers never see."""
        comments = Comment.objects.filter(
            Q(created_at__gte=self.since) | Q(status_changed_at__gte=self.since)
        )
        return comments.order_by().values("discussion")

    def articles(self) -> QuerySet[Article]:
        articles = Article.objects.all()
        return articles if self.is_everything else articles.filter(pk__in=self.keys)

    def sections(self) -> QuerySet[Section]:
        return self._used(Section)

    def topics(self) -> QuerySet[Topic]:
        return self._used(Topic)

    def authors(self) -> QuerySet[Author]:
        return self._used(Author)

    def _used(self, model) -> QuerySet:
        rows = model.objects.order_by("pk")
        if self.is_everything:
            return rows
        return rows.filter(articles__in=self.keys).distinct()

    def comments(self) -> QuerySet[Comment]:
        comments = Comment.objects.all()
        if self.is_everything:
            return comments
        return comments.filter(discussion__in=self.keys)

    def records(self) -> QuerySet[Record]:
        """Return the records that made these stories and comments, or all there are."""
        records = Record.objects.order_by("source_id", "position")
        if self.is_everything:
            return records
        # Two indexes, each read for itself; an OR would read the whole table.
        of_any = Record.objects.order_by().values("pk")
        of_articles = of_any.filter(article__in=self.keys)
        of_comments = of_any.filter(comment__discussion__in=self.keys)
        return records.filter(pk__in=of_articles.union(of_comments))

    def sources(self) -> QuerySet[Source]:
        sources = Source.objects.order_by("pk")
        if self.is_everything:
            return sources
        return sources.filter(pk__in=self.records().order_by().values("source_id"))

    def stories(self) -> Iterator[tuple[Article, Iterator]]:
        """Yield each story with the rows of its comments in the order of numbers.

        Read the rows before the next story. A story's own rows are read a hundred
        stories at once, comments as they come.
        """
        last = 0
        articles = _with_all_about(self.articles()).order_by("pk")
        while batch := list(articles.filter(pk__gt=last)[:STORIES_AT_ONCE]):
            last = batch[-1].pk
            comments = iter(comment_rows([article.pk for article in batch]))
            waiting = [next(comments, None)]
            for article in batch:
                yield article, _rows_of(article.pk, waiting, comments)


def _rows_of(discussion: int, waiting: list, comments: Iterator) -> Iterator:
    """Yield the rows of one discussion; `waiting` holds the row read last."""
    while waiting[0] is not None and waiting[0].discussion_id == discussion:
        yield waiting[0]
        waiting[0] = next(comments, None)


COMMENT_COLUMNS = (
    "pk", "discussion_id", "number", "parent_id", "reply_basis", "reply_confidence",
    "author_name", "author_url", "user__username", "body", "body_format", "body_html",
    "language", "is_truncated", "posted_at", "posted_precision", "edited_at",
    "edited_precision", "status", "status_reason", "status_changed_at", "kind",
    "created_at",
)  # fmt: skip


def comment_rows(discussions: list[int]) -> Iterator:
    """Yield the comments of these discussions as plain rows, in the order of numbers.

    A server-side cursor, so that a discussion of any length is read in little memory.
    """
    comments = Comment.objects.filter(discussion__in=discussions)
    rows = comments.order_by("discussion_id", "number")
    return rows.values_list(*COMMENT_COLUMNS, named=True).iterator(ROWS_AT_ONCE)


def _with_all_about(articles: QuerySet[Article]) -> QuerySet[Article]:
    revisions = ArticleRevision.objects.order_by("number").select_related("editor")
    return (
        articles.defer("search_vector")
        .select_related("section", "discussion")
        .prefetch_related(
            "topics",
            "former_slugs",
            Prefetch("bylines", Byline.objects.select_related("author")),
            Prefetch("revisions", revisions),
            Prefetch("source_addresses", SourceAddress.objects.order_by("pk")),
        )
    )
