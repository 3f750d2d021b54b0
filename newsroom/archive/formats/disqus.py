"""Disqus's export: threads, which are pages of a site, and the posts under them.

Source of the format: docs.disqus.com/developers/export. It holds no story, so a thread
becomes an article of its title alone. Most threads have no posts; that is known only
at the end, so each is given as a story, and STORIES_NEED_COMMENTS says that those
without comments are none. A post may be of a thread that the file does not hold.
Deleted posts keep their place and show no text; spam stays hidden.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from django.utils.translation import gettext_noop
from lxml import etree

from articles.choices import Precision
from newsroom.archive.records import (
    UNKNOWN_TIME,
    ArticleRecord,
    CommentRecord,
    Found,
    Payload,
    SourceRecord,
    Time,
    Unreadable,
    parse_time,
)
from newsroom.archive.xml import (
    NAMES,
    Shape,
    XMLReader,
    is_web_address,
    may_be_encoded_twice,
    texts_of,
)

NAME = "disqus"
LABEL = gettext_noop("from a Disqus export")
STORIES_NEED_COMMENTS = True
NOTE = "Its comments came as an export from Disqus, which holds no story."
MAX_LENGTH = 255

_ID = "{http://disqus.com/disqus-internals}id"
_ANY_PREFIX = r"(?:[\w.-]+:)?"
_SHAPES = {
    # Within a post it is a reference.
    "thread": Shape("other", _ANY_PREFIX, never_in=("post",)),
    "post": Shape("comment", _ANY_PREFIX),
}
_ADDRESS = re.compile(r"https?://\S+")
_REMOTE_ID = re.compile(r"\s*wp_id=(\d{1,20})\s*")


def recognises(head: bytes) -> bool:
    return b"<disqus" in head.replace(b"\x00", b"")  # UTF-16, near enough.


def read(file: BinaryIO) -> Iterator[Found]:
    reader = XMLReader(file, _SHAPES)
    has_begun = False
    for name, start, end, element in reader.records():
        if not has_begun:
            yield Found(_source(element))
            has_begun = True
        yield Found(_record(reader, name, start, end, element), start, end)
    if not has_begun:
        yield Found(SourceRecord(note=NOTE))
    yield Found(reader.condition())


def _source(element: etree._Element | None) -> SourceRecord:
    """Read whose export it is from the first record, or from a category before it."""
    forum = ""
    if element is not None:
        root = element.getroottree().getroot()
        forum = element.findtext("{*}forum") or root.findtext("{*}category/{*}forum")
    forum = (forum or "").strip()
    origin = f"disqus:{forum}"[:MAX_LENGTH] if forum else ""
    return SourceRecord(origin=origin, note=NOTE)


def _record(reader: XMLReader, name: str, start: int, end: int, element) -> Payload:
    if element is None:
        kind = "comment" if name == "post" else "other"
        reason = reader.why_not_read(start, end)
        return Unreadable(kind=kind, id=f"at byte {start}", reason=reason)
    id = element.get(_ID, "").strip()[:MAX_LENGTH] or f"at byte {start}"
    return _post(element, id) if name == "post" else _thread(element, id)


def _thread(element: etree._Element, id: str) -> ArticleRecord:
    fields, _ = texts_of(element)
    link, identifier = fields.get("link", "").strip(), fields.get("id", "")
    addresses = [link] if is_web_address(link) else []
    addresses += _ADDRESS.findall(identifier)
    title = fields.get("title", "").strip()
    published, doubt = _time(fields.get("createdAt", ""))
    states = [state for state in ("isDeleted", "isClosed") if _is(fields, state)]
    return ArticleRecord(
        id=id,
        headline=title or link or f"Thread {id}",
        body="",
        status="draft" if "isDeleted" in states else "published",
        given_status="; ".join(states),
        published=published,
        source_url=addresses[0] if addresses else "",
        addresses=tuple(dict.fromkeys(addresses)),
        doubt="; ".join(filter(None, (doubt, may_be_encoded_twice(title)))),
    )


def _post(element: etree._Element, id: str) -> CommentRecord:
    fields, parts = texts_of(element)
    article = parent = ""
    author: dict[str, str] = {}
    for part in parts:
        name = NAMES[part.tag]
        if name == "thread":
            article = article or part.get(_ID, "").strip()[:MAX_LENGTH]
        elif name == "parent":
            parent = parent or part.get(_ID, "").strip()
        elif name == "author":
            author, _ = texts_of(part)
    name = (author.get("name") or author.get("username") or "").strip()
    body = fields.get("message", "")
    is_deleted, is_spam = _is(fields, "isDeleted"), _is(fields, "isSpam")
    posted, doubt = _time(fields.get("createdAt", ""))
    twice = may_be_encoded_twice(body, name)
    return CommentRecord(
        id=id,
        article=article,
        body=body,
        body_format="html",
        parent=parent,
        reply_basis="given" if parent else "",
        author_name=name,
        author_email=author.get("email", "").strip(),
        author_ip=fields.get("ipAddress", "").strip(),
        posted=posted,
        status="spam" if is_spam else "removed" if is_deleted else "public",
        status_reason="deleted in Disqus" if is_deleted else "",
        given_status=_GIVEN[is_deleted, is_spam],
        also=_also(fields.get("id", "")),
        doubt=f"{doubt}; {twice}" if doubt and twice else doubt or twice,
    )


_GIVEN = {
    (False, False): "",
    (True, False): "isDeleted",
    (False, True): "isSpam",
    (True, True): "isDeleted; isSpam",
}


def _is(fields: dict[str, str], name: str) -> bool:
    return fields.get(name, "").strip() == "true"


def _also(identifier: str) -> str:
    match = _REMOTE_ID.fullmatch(identifier) if identifier else None
    return f"wordpress:{match[1]}" if match else ""


def _time(text: str) -> tuple[Time, str]:
    """Read a time; the documented example has no zone, but Disqus means UTC."""
    text = text.strip()
    if len(text) == 20 and text[7] == "-" and text[10] == "T" and text[19] == "Z":
        try:
            return Time(datetime.fromisoformat(text), Precision.SECOND), ""
        except ValueError:
            return UNKNOWN_TIME, f"Its date “{text}” is none"
    try:
        if text:
            return parse_time(text if text.endswith("Z") else f"{text}Z"), ""
    except ValueError:
        return UNKNOWN_TIME, f"Its date “{text:.60}” is none"
    return UNKNOWN_TIME, ""
