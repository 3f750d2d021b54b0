"""The first step of an import: what is read in a file goes into the staging tables.

By COPY and in a stream, so that neither the size of the file nor the number of its
records matters. Nothing here is live; the staging tables hold one import at a time.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection

from articles.languages import LANGUAGE_TAG
from articles.models import Article, Author, Section, Topic
from comments.models import Comment
from comments.text import render
from newsroom.archive.models import RecordKind, Source
from newsroom.archive.reading import Chunk
from newsroom.archive.records import (
    ArticleRecord,
    AttachmentRecord,
    AuthorRecord,
    CommentRecord,
    Condition,
    FormatError,
    Found,
    KeptRecord,
    KeptSource,
    SectionRecord,
    SourceRecord,
    TermRecord,
    Time,
    TopicRecord,
    Unreadable,
)

CHUNK = 2000
ID_LENGTH = 255
MOST_PLACES = 1000

KINDS = {
    SectionRecord: RecordKind.SECTION.value,
    TopicRecord: RecordKind.TOPIC.value,
    TermRecord: RecordKind.TERM.value,
    AuthorRecord: RecordKind.AUTHOR.value,
    AttachmentRecord: RecordKind.ATTACHMENT.value,
    ArticleRecord: RecordKind.ARTICLE.value,
    CommentRecord: RecordKind.COMMENT.value,
    KeptSource: RecordKind.SOURCE.value,
    KeptRecord: RecordKind.RECORD.value,
}
TABLES = (
    "archive_staged",
    "archive_staged_comment",
    "archive_staged_payload",
    "archive_staged_story",
    "archive_planned",
)
# What the plan's joins depend on; statistics of long texts would cost more than all.
STAGING = (
    "archive_staged (position, kind, given_id, occurrence, given_article, given_parent,"
    " also, fault, outcome)",
    "archive_staged_comment (position, number, key, posted_at)",
    "archive_staged_payload (position)",
)
# What imports and pages join and sort by; not the texts, which would take far longer.
RECORDS = (
    "archive_record (source_id, position, kind, given_id, occurrence, given_parent,"
    " awaits_parent, also, outcome, article_id, comment_id)"
)
LIVE = (
    "articles_article (id, slug, status, listed_at)",
    "comments_discussion",
    "comments_comment (id, discussion_id, parent_id, number, author_name, posted_at,"
    " status, kind)",
    RECORDS,
    "archive_sourceaddress (article_id, key)",
)
# First what is written down as it is, then what others wrote and is escaped.
STAGED = (
    "COPY archive_staged (position, member, first_byte, end_byte, is_public, kind,"
    " digest, given_id, given_article, given_parent, given_status, given_kind, also,"
    " fault, doubt) FROM STDIN"
)
STAGED_COMMENT = (
    "COPY archive_staged_comment (position, number, key, is_truncated, posted_at,"
    " posted_precision, edited_at, edited_precision, created_at, status_changed_at,"
    " reply_confidence, author_name, author_url, email, ip, username, body,"
    " body_format, body_html, language, status, status_reason, kind, reply_basis)"
    " FROM STDIN"
)
STAGED_PAYLOAD = "COPY archive_staged_payload (position, payload) FROM STDIN"
NULL = "\\N"
# Stands between texts while they are escaped all at once.
BETWEEN = "\x1f"

_LANGUAGE = re.compile(LANGUAGE_TAG)
_LIMITS = {
    name: Comment._meta.get_field(name).max_length
    for name in ("author_name", "author_url", "language", "status_reason")
}
_SHORTEST_LIMIT = min(_LIMITS.values())


class Staging:
    """One file's records on their way into the staging tables.

    After `run`, `opened` says what begins in the file by the reader's own count.
    """

    def __init__(self, source: Source):
        self.source = source
        self.opened: Counter = Counter()
        self.position = 0
        self.has_begun = False
        # Lines of COPY's text format.
        self.records: list[str] = []
        self.comments: list[str] = []
        self.payloads: list[str] = []
        self.copying: Future | None = None

    def run(self, chunks: Iterable[Chunk], report: Callable[[int], None]):
        """Stage what was read; `report` is told how far in the file that is."""
        clear()
        with ThreadPoolExecutor(1) as self.copier:
            for place, chunk in chunks:
                for member, found in chunk:
                    self.take(found, member)
                report(place)
            if not self.has_begun:
                self.begin(SourceRecord())
            self.flush()
            self.finish_copying()
        analyze(STAGING)

    def take(self, found: Found, member: int):
        match found.record:
            case CommentRecord() as record:
                self.add_comment(found, record, member)
            case SourceRecord() as record:
                self.begin(record)
            case Condition() as record:
                self.tell_condition(record)
            case record:
                self.add_other(found, record, member)
        if len(self.records) >= CHUNK:
            self.flush()

    def begin(self, record: SourceRecord):
        """Note what the file says of itself; of several packed together, the first."""
        if self.has_begun:
            return
        self.has_begun = True
        source = self.source
        source.origin = record.origin or f"{source.format}:{source.sha256}"
        source.url = record.url
        if record.captured.at:
            source.captured_at = record.captured.at
            source.captured_precision = record.captured.precision
        source.note = record.note
        try:
            source.clean_fields(exclude=["file", "sha256", "name", "ledger"])
        except ValidationError as error:
            raise FormatError(_in_words(error), 1) from error

    def tell_condition(self, condition: Condition):
        source = self.source
        self.opened.update(condition.opened)
        source.ends_early = source.ends_early or condition.ends_early
        if condition.repairs:
            known = source.repairs
            counts = Counter(known.get("counts", {})) + Counter(condition.repairs)
            places = [*known.get("places", []), *condition.repair_places]
            source.repairs = {"counts": counts, "places": places[:MOST_PLACES]}

    def add_comment(self, found: Found, record: CommentRecord, member: int):
        fault = _why_invalid_comment(record)
        posted, edited = record.posted, record.edited
        posted_at, edited_at = _at(posted.at), _at(edited.at)
        is_public = record.status == "public" and record.kind == "comment"
        self.add(
            found, member, _judged(is_public, "comment", digest_of(record)),
            (
                record.id[:ID_LENGTH], record.article, record.parent,
                record.given_status[:255], record.given_kind[:255], record.also[:255],
                fault, record.doubt,
            ),
        )  # fmt: skip
        if fault:
            return
        has_contact = settings.CONTACT_DAYS > 0
        confidence = record.reply_confidence
        plain = (
            f"{self.position}\t{record.number}\t{record.key}\t{record.is_truncated}"
            f"\t{posted_at}\t{posted.precision}\t{edited_at}\t{edited.precision}"
            f"\t{_at(record.created.at)}\t{_at(record.status_changed.at)}"
            f"\t{NULL if confidence is None else confidence}"
        )
        texts = (
            record.author_name, record.author_url,
            record.author_email if has_contact else "",
            record.author_ip if has_contact else "", record.user, record.body,
            record.body_format, render(record.body, record.body_format),
            record.language, record.status, record.status_reason, record.kind,
            record.reply_basis,
        )  # fmt: skip
        self.comments.append(_line(plain, texts))

    def add_other(self, found: Found, record, member: int):
        if isinstance(record, Unreadable):
            kind, fault = record.kind, record.reason
        else:
            kind, fault = KINDS[type(record)], _why_invalid(record)
        is_public = getattr(record, "status", "published") == "published"
        given_status = getattr(record, "given_status", "")[:255]
        payload = payload_of(record)
        self.add(
            found, member, _judged(is_public, kind, _digest(payload)),
            (
                record.id[:ID_LENGTH], "", "", given_status, "", "", fault,
                getattr(record, "doubt", ""),
            ),
        )  # fmt: skip
        if not fault:
            self.payloads.append(_line(str(self.position), (payload,)))

    def add(self, found: Found, member: int, judged: str, texts: tuple[str, ...]):
        self.position += 1
        place = f"{self.position}\t{member}\t{found.start}\t{found.end}"
        self.records.append(_line(f"{place}\t{judged}", texts))

    def flush(self):
        """Hand what was read to the database, which takes it while reading goes on."""
        self.finish_copying()
        rows = (self.records, self.comments, self.payloads)
        self.records, self.comments, self.payloads = [], [], []
        # The driver's own connection: Django's is bound to the thread that made it.
        connection.ensure_connection()
        self.copying = self.copier.submit(_copy_all, connection.connection, rows)

    def finish_copying(self):
        if self.copying is not None:
            self.copying.result()
            self.copying = None


def clear():
    """Empty the staging tables."""
    execute(f"TRUNCATE {', '.join(TABLES)}")


def analyze(tables: Iterable[str]):
    """Have the planner know how many rows there are of each kind."""
    for table in tables:
        execute(f"ANALYZE {table}")


def execute(statement: str, **names) -> int:
    """Run a statement; return how many rows it was about."""
    with connection.cursor() as cursor:
        cursor.execute(statement, names)
        return cursor.rowcount


def rows(statement: str, **names) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, names)
        return cursor.fetchall()


def copy(statement: str, rows: Iterable[tuple]):
    """Append rows to a table, by the statement that names it."""
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(statement) as copying:
        for row in rows:
            copying.write_row(row)


def _copy_all(driver, tables: tuple[list[str], ...]):
    statements = (STAGED, STAGED_COMMENT, STAGED_PAYLOAD)
    for statement, lines in zip(statements, tables, strict=True):
        if lines:
            with driver.cursor() as cursor, cursor.copy(statement) as copying:
                copying.write("\n".join([*lines, ""]).encode())


def _line(plain: str, texts: tuple[str, ...]) -> str:
    """Return a row as COPY reads it; done by hand, as there are millions of them."""
    joined = BETWEEN.join(texts)
    if joined.count(BETWEEN) == len(texts) - 1:
        written = _escaped(joined).replace(BETWEEN, "\t")
    else:
        written = "\t".join(map(_escaped, texts))
    return f"{plain}\t{written}"


def _escaped(text: str) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace("\t", "\\t").replace("\r", "\\r")


def _judged(is_public: bool, kind: str, digest: bytes) -> str:
    return f"{is_public}\t{kind}\t\\\\x{digest.hex()}"


def _at(at: datetime | None) -> str:
    return NULL if at is None else str(at)


def digest_of(record: CommentRecord) -> bytes:
    """Return 16 bytes that change when what is shown of a comment changes.

    Addresses of people are left out: they come and go between exports of one site.
    """
    return _digest(
        "\x1f".join(
            (
                record.article, record.parent, record.author_name, record.author_url,
                record.body, record.body_format, record.language, record.status,
                record.status_reason, record.kind, record.reply_basis,
                str(record.posted.at), record.posted.precision, str(record.edited.at),
            )
        )
    )  # fmt: skip


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=16).digest()


def payload_of(record) -> str:
    """Return a record as JSON, always in the same words."""
    return json.dumps(_by_name(record), default=_as_json, sort_keys=True)


def _by_name(record) -> dict:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _as_json(thing) -> dict | str:
    """Return a part of a record, or a date, as JSON has it."""
    return thing.isoformat() if isinstance(thing, datetime) else _by_name(thing)


def article_of(payload: dict) -> ArticleRecord:
    """Return the story that `payload_of` was given; its revisions stay as they are."""
    times = {
        name: time_of(payload[name]) for name in ("published", "closes", "created")
    }
    return ArticleRecord(**payload | times)


def time_of(payload: dict) -> Time:
    at = payload["at"] and datetime.fromisoformat(payload["at"])
    return Time(at, payload["precision"])


def _why_invalid_comment(record: CommentRecord) -> str:
    """Return why the database would refuse a comment's values, or ""."""
    longest = max(
        len(record.author_name),
        len(record.author_url),
        len(record.language),
        len(record.status_reason),
    )
    # Most are far from any limit, and there are many.
    if longest > _SHORTEST_LIMIT:
        for name, limit in _LIMITS.items():
            if len(getattr(record, name)) > limit:
                return f"{name}: longer than {limit} characters"
    if record.language and not _LANGUAGE.fullmatch(record.language):
        return f"language: “{record.language}” is no tag such as en or pt-BR"
    return ""


def _why_invalid(record) -> str:
    """Return why the database would refuse what another record would become, or ""."""
    match record:
        case SectionRecord() | TopicRecord() | AuthorRecord() | TermRecord():
            model = {SectionRecord: Section, AuthorRecord: Author}.get(
                type(record), Topic
            )
            things = [model(name=record.name, slug="x")]
        case ArticleRecord():
            topics = [Topic(name=name, slug="x") for name in record.topics]
            things = [new_article(record, slug=record.slug or "x"), *topics]
        case _:
            things = []
    for thing in things:
        try:
            thing.clean_fields(exclude=["section"])
        except ValidationError as error:
            return _in_words(error)
    return ""


def new_article(record: ArticleRecord, *, slug: str, source_url: str = "") -> Article:
    """Return the story that a record describes, not yet saved, without its links."""
    article = Article(
        headline=record.headline,
        slug=slug,
        standfirst=record.standfirst,
        body=record.body,
        language=record.language or "en",
        status=record.status,
        published_at=record.published.at,
        published_precision=record.published.precision,
        published_basis=record.published_basis,
        published_note=record.published_note,
        source_url=record.source_url or source_url,
    )
    if record.created.at:
        article.created_at = record.created.at
    return article


def _in_words(error: ValidationError) -> str:
    return " ".join(
        " ".join([f"{name}:", *messages])
        for name, messages in error.message_dict.items()
    )
