"""A story and its discussion as readers see them, as one JSON document.

It holds the records of a Newsroom archive, which `newsroom.archive.formats.jsonl`
describes field by field: the object of the archive's first line, with all the others in
its list `records`. So it becomes an archive that can be taken in by writing one object
a line:

    jq -c 'del(.records), .records[]' discussion.json > archive.jsonl

What readers cannot see is not in it: hidden comments, texts of removed ones, earlier
texts of the story, accounts, websites and addresses of commenters. Some facts have no
field there, and an import passes them over: a story's `corrections`, the `source` file
that it came in, and `answers_hidden` for a reply to what is not shown.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch, QuerySet

from articles.models import Article, ArticleRevision, FormerSlug
from comments.choices import CommentKind, CommentStatus
from comments.models import Comment
from newsroom.archive.exporting import jsonl
from newsroom.archive.exporting.jsonl import told
from newsroom.archive.exporting.selection import COMMENT_COLUMNS
from newsroom.archive.formats.jsonl import VERSION
from newsroom.archive.models import Record, SourceAddress

ROWS_AT_ONCE = 1000
# What is named here is seen; a field that the format gets later is not, until it is.
_ARTICLE = (
    "type", "id", "headline", "slug", "standfirst", "language", "status", "section",
    "topics", "authors", "author_notes", "published", "published_basis",
    "published_note", "source_url", "policy", "closes", "body",
)  # fmt: skip
_COMMENT = (
    "type", "id", "body", "article", "number", "key", "parent", "reply_basis",
    "reply_confidence", "author_name", "body_format", "language", "is_truncated",
    "posted", "edited", "status", "kind",
)  # fmt: skip
_TOMBSTONE = (
    "type", "id", "article", "number", "key", "parent", "reply_basis",
    "reply_confidence", "status", "status_reason", "status_changed", "kind",
)  # fmt: skip
_SHOWN = {CommentStatus.PUBLIC.value, CommentStatus.REMOVED.value}

_encode = json.JSONEncoder(ensure_ascii=False).encode


def with_what_is_told(articles: QuerySet[Article]) -> QuerySet[Article]:
    """Add what the document tells of stories; what it leaves out is not even read."""
    untold = [
        Prefetch("revisions", ArticleRevision.objects.none()),
        Prefetch("former_slugs", FormerSlug.objects.none()),
        Prefetch("source_addresses", SourceAddress.objects.none()),
    ]
    articles = articles.for_its_page().with_bylines()
    articles = articles.select_related("section", "discussion")
    return articles.prefetch_related("topics", *untold)


def parts(article: Article, record: Record | None, origin: str) -> Iterator[str]:
    """Yield the document, a record at a time.

    The article comes `with_what_is_told`; `record` says where it comes from.
    """
    yield _encode(_header(record, origin))[:-1] + ', "records": [\n'
    separator = ""
    for data in _records(article):
        yield separator + _encode(data)
        separator = ",\n"
    yield "\n]}\n"


def _header(record: Record | None, origin: str) -> dict[str, Any]:
    header = {
        "type": "archive",
        "format": "newsroom-archive",
        "version": VERSION,
        "origin": origin,
    }
    if record is None:
        return header
    source = jsonl.source(record.source)
    file = _only(("name", "size", "id", "format", "imported"), source)
    return header | _only(("url", "captured", "note"), source) | {"source": file}


def _records(article: Article) -> Iterator[dict[str, Any]]:
    if article.section:
        yield jsonl.section(article.section)
    yield from map(jsonl.topic, article.topics.all())
    yield from (jsonl.author(byline.author) for byline in article.bylines.all())
    corrections = [
        {"note": correction["note"], "on": correction["on"].isoformat()}
        for correction in article.dated_corrections
    ]
    shown = _only(_ARTICLE, jsonl.article(article))
    yield shown | told({"corrections": corrections})
    yield from map(_comment, _comment_rows(article))


def _comment_rows(article: Article) -> Iterator:
    """Yield the shown comments in the order of their numbers.

    By key, some at a time, so that a discussion of any length takes little memory and
    no transaction or cursor stays open for as long as a reader reads.
    """
    last = 0
    while rows := list(_rows_after(article, last)[:ROWS_AT_ONCE]):
        yield from rows
        last = rows[-1].number


def _rows_after(article: Article, number: int) -> QuerySet:
    comments = Comment.objects.shown().filter(discussion=article.pk, number__gt=number)
    columns = [*COMMENT_COLUMNS, "parent__status", "parent__kind"]
    return comments.order_by("number").values_list(*columns, named=True)


def _comment(row) -> dict[str, Any]:
    is_removed = row.status == CommentStatus.REMOVED
    data = _only(_TOMBSTONE if is_removed else _COMMENT, jsonl.comment(row))
    if is_removed:
        data["body"] = ""
    if row.parent_id and not _is_shown(row.parent__status, row.parent__kind):
        for name in ("parent", "reply_basis", "reply_confidence"):
            data.pop(name, None)
        data["answers_hidden"] = True
    return data


def _is_shown(status: str, kind: str) -> bool:
    return status in _SHOWN and kind == CommentKind.COMMENT


def _only(names: tuple[str, ...], data: dict[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in names if name in data}
