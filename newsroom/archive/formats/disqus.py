"""Disqus's export: threads, which are pages of a site, and the posts under them.

Source of the format: docs.disqus.com/developers/export. It holds no story, so a thread
becomes an article of its title alone. A thread without posts is kept as a record and
set aside; a post whose thread is missing gets a placeholder that is not published.
Deleted posts keep their place and show no text; spam stays hidden.
"""

from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from newsroom.archive.records import (
    UNKNOWN_TIME,
    ArticleRecord,
    CommentRecord,
    Found,
    SourceRecord,
    Time,
    Unreadable,
    parse_time,
)
from newsroom.archive.xml import XMLReader, closing, is_web_address, raw_of, texts_of

NAME = "disqus"
LABEL = "from a Disqus export"
NOTE = "Its comments came as an export from Disqus, which holds no story."

_ID = "{http://disqus.com/disqus-internals}id"


def recognises(head: bytes) -> bool:
    return b"<disqus" in head.replace(b"\x00", b"")  # UTF-16, near enough.


def read(file: BinaryIO) -> Iterator[Found]:
    reader = XMLReader(file, ("thread", "post"))
    threads: dict[str, Found] = {}
    discussed: dict[str, int] = {}
    forum = None
    for element in reader.elements():
        fields = texts_of(element)
        if forum is None:
            forum = fields.get("forum", "").strip()
            yield _source(forum)
        if etree.QName(element).localname == "post":
            found = _read_post(element, fields)
            discussed.setdefault(found.record.article, found.line)
            yield found
            continue
        found = _read_thread(element, fields)
        if found.record.id in threads:
            reason = "Its id is used twice in the file"
            yield _set_aside(found, reason)
        else:
            threads[found.record.id] = found
    if forum is None:
        yield _source("")
    yield from _articles(threads, discussed)
    yield from closing(reader, {"thread": "other", "post": "comment"})


def _source(forum: str) -> Found:
    origin = f"disqus:{forum}"[:255] if forum else ""
    return Found(SourceRecord(origin=origin, note=NOTE), "", 1)


def _set_aside(thread: Found, reason: str) -> Found:
    record = Unreadable(kind="other", id=thread.record.id, reason=reason)
    return Found(record, thread.raw, thread.line)


def _articles(threads: dict[str, Found], discussed: dict[str, int]) -> Iterator[Found]:
    for id, found in threads.items():
        if id in discussed:
            yield found
        else:
            yield _set_aside(found, "A thread without a comment")
    for id in discussed.keys() - threads.keys():
        placeholder = ArticleRecord(id=id, headline=f"Thread {id}", body="")
        yield Found(placeholder, "", discussed[id])


def _read_thread(element: etree._Element, fields: dict[str, str]) -> Found:
    id = element.get(_ID) or f"line {element.sourceline}"
    link = fields.get("link", "").strip()
    is_deleted = fields.get("isDeleted", "").strip() == "true"
    record = ArticleRecord(
        id=id,
        headline=fields.get("title", "").strip() or link or f"Thread {id}",
        body="",
        status="draft" if is_deleted else "published",
        published=_time(fields.get("createdAt")),
        source_url=link if is_web_address(link) else "",
    )
    return Found(record, raw_of(element), element.sourceline)


def _read_post(element: etree._Element, fields: dict[str, str]) -> Found:
    line = element.sourceline
    id = element.get(_ID) or f"line {line}"
    thread = element.find("{*}thread")
    parent = element.find("{*}parent")
    parent_id = "" if parent is None else parent.get(_ID, "")
    author = element.find("{*}author")
    names = {} if author is None else texts_of(author)
    is_deleted = fields.get("isDeleted", "").strip() == "true"
    is_spam = fields.get("isSpam", "").strip() == "true"
    record = CommentRecord(
        id=id,
        article="" if thread is None else thread.get(_ID, ""),
        body=fields.get("message", ""),
        body_format="html",
        parent=parent_id,
        reply_basis="given" if parent_id else "",
        author_name=(names.get("name") or names.get("username") or "").strip(),
        posted=_time(fields.get("createdAt")),
        status="spam" if is_spam else "removed" if is_deleted else "public",
        status_reason="deleted in Disqus" if is_deleted else "",
    )
    return Found(record, raw_of(element), line)


def _time(text: str | None) -> Time:
    text = (text or "").strip()
    try:
        # The documented example has no zone; Disqus means UTC.
        return parse_time(text if text.endswith("Z") else f"{text}Z")
    except ValueError:
        return UNKNOWN_TIME
