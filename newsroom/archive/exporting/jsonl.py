"""The Newsroom archive, written: newsroom.archive.formats.jsonl says what it holds.

The same archive is always the same bytes: what is said of the moment of an export
stands in its manifest.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from articles.choices import Precision
from articles.models import Article, ArticleRevision, Author, Section, Topic
from newsroom.archive.exporting.selection import ROWS_AT_ONCE, Selection
from newsroom.archive.formats.jsonl import VERSION
from newsroom.archive.models import Source

# How much of "2018-02-23T09:30:15Z" is told, and what follows if that is all there is.
_LENGTHS = {
    Precision.YEAR: 4,
    Precision.MONTH: 7,
    Precision.DAY: 10,
    Precision.MINUTE: 16,
}
_FIRST_INSTANT = "0001-01-01T00:00:00Z"

_encode = json.JSONEncoder(ensure_ascii=False).encode


def parts(selection: Selection, origin: str) -> Iterator[tuple[str, str]]:
    """Yield what the file is made of: lines, each with its type."""
    for data in _objects(selection, origin):
        yield data["type"], _encode(data) + "\n"


def _objects(selection: Selection, origin: str) -> Iterator[dict[str, Any]]:
    yield {
        "type": "archive",
        "format": "newsroom-archive",
        "version": VERSION,
        "origin": origin,
    }
    yield from map(section, selection.sections().iterator(ROWS_AT_ONCE))
    yield from map(topic, selection.topics().iterator(ROWS_AT_ONCE))
    yield from map(author, selection.authors().iterator(ROWS_AT_ONCE))
    for story, comments in selection.stories():
        yield article(story)
        yield from map(comment, comments)
    yield from map(source, selection.sources().select_related("imported_by"))
    records = selection.records().values_list(*_RECORD_COLUMNS, named=True)
    yield from map(record, records.iterator(ROWS_AT_ONCE))


def told(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is empty, as the format says; a confidence of 0 is not empty."""
    return {
        name: value
        for name, value in fields.items()
        if value or value.__class__ is float
    }


def time_text(at: datetime | None, precision: str = Precision.SECOND) -> Any:
    """Return a time as the format has it: as long as it is exact, or an object."""
    if at is None:
        is_to_come = precision != Precision.UNKNOWN
        return {"at": None, "precision": precision} if is_to_come else None
    text = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if precision == Precision.SECOND:
        return text
    length = _LENGTHS[precision]
    if text[length:] != _FIRST_INSTANT[length:]:
        return {"at": text, "precision": precision}
    return f"{text[:length]}Z" if precision == Precision.MINUTE else text[:length]


def optional_time(at: datetime | None) -> str | None:
    """Return a time that is always exact, or None."""
    return at and time_text(at)


def section(row: Section) -> dict[str, Any]:
    return {"type": "section", "id": row.slug} | told(
        {
            "name": row.name,
            "slug": row.slug,
            "description": row.description,
            "position": row.position,
        }
    )


def topic(row: Topic) -> dict[str, Any]:
    return {"type": "topic", "id": row.slug, "name": row.name, "slug": row.slug}


def author(row: Author) -> dict[str, Any]:
    return {"type": "author", "id": row.slug} | told(
        {"name": row.name, "slug": row.slug, "biography": row.biography}
    )


def article(row: Article) -> dict[str, Any]:
    bylines = row.bylines.all()
    notes = {byline.author.slug: byline.biography for byline in bylines}
    discussion = row.discussion
    return {"type": "article", "id": str(row.pk)} | told(
        {
            "headline": row.headline,
            "slug": row.slug,
            "former_slugs": [former.slug for former in row.former_slugs.all()],
            "standfirst": row.standfirst,
            "language": row.language,
            "status": row.status,
            "section": row.section and row.section.slug,
            "topics": [topic.name for topic in row.topics.all()],
            "authors": [byline.author.slug for byline in bylines],
            "author_notes": told(notes),
            "published": time_text(row.published_at, row.published_precision),
            "published_basis": row.published_basis,
            "published_note": row.published_note,
            "source_url": row.source_url,
            "addresses": [known.address for known in row.source_addresses.all()],
            "policy": discussion.policy,
            "closes": optional_time(discussion.closes_at),
            "last_number": discussion.last_number,
            "created": time_text(row.created_at),
            "body": row.body,
            "revisions": [_revision(revision) for revision in row.revisions.all()],
        }
    )


def _revision(row: ArticleRevision) -> dict[str, Any]:
    return {"number": row.number, "headline": row.headline} | told(
        {
            "standfirst": row.standfirst,
            "body": row.body,
            "note": row.note,
            "is_correction": row.is_correction,
            "editor": row.editor and row.editor.get_username(),
            "created": time_text(row.created_at),
        }
    )


def comment(row) -> dict[str, Any]:
    """Return a comment's object; `row` has the columns of `comment_rows`."""
    return {"type": "comment", "id": str(row.pk), "body": row.body} | told(
        {
            "article": str(row.discussion_id),
            "number": row.number,
            "key": row.pk,
            "parent": row.parent_id and str(row.parent_id),
            "reply_basis": row.reply_basis,
            "reply_confidence": row.reply_confidence,
            "author_name": row.author_name,
            "author_url": row.author_url,
            "user": row.user__username,
            "body_format": row.body_format,
            "language": row.language,
            "is_truncated": row.is_truncated,
            "posted": time_text(row.posted_at, row.posted_precision),
            "edited": time_text(row.edited_at, row.edited_precision),
            "status": row.status,
            "status_reason": row.status_reason,
            "status_changed": optional_time(row.status_changed_at),
            "kind": row.kind,
            "created": time_text(row.created_at),
        }
    )


def source(row: Source) -> dict[str, Any]:
    return {"type": "source", "id": row.sha256, "name": row.name, "size": row.size} | (
        told(
            {
                "format": row.format,
                "origin": row.origin,
                "url": row.url,
                "captured": time_text(row.captured_at, row.captured_precision),
                "note": row.note,
                "sections_from": row.sections_from,
                "ends_early": row.ends_early,
                "repairs": row.repairs,
                "ledger": row.ledger,
                "state": row.state,
                "trial": row.trial,
                "progress": row.progress,
                "error": row.error,
                "imported": time_text(row.imported_at),
                "imported_by": row.imported_by and row.imported_by.get_username(),
            }
        )
    )


_RECORD_COLUMNS = (
    "source__sha256", "position", "member", "start", "end", "kind", "given_id",
    "occurrence", "given_parent", "awaits_parent", "given_status", "given_kind", "also",
    "digest", "outcome", "change", "reason", "article_id", "comment_id",
)  # fmt: skip


def record(row) -> dict[str, Any]:
    given = {"type": "record", "source": row.source__sha256, "position": row.position}
    given |= {"kind": row.kind, "given_id": row.given_id}
    return given | told(
        {
            "member": row.member,
            "start": row.start,
            "end": row.end,
            "occurrence": row.occurrence,
            "given_parent": row.given_parent,
            "awaits_parent": row.awaits_parent,
            "given_status": row.given_status,
            "given_kind": row.given_kind,
            "also": row.also,
            "digest": bytes(row.digest).hex(),
            "outcome": row.outcome,
            "change": row.change,
            "reason": row.reason,
            "article": row.article_id and str(row.article_id),
            "comment": row.comment_id and str(row.comment_id),
        }
    )
