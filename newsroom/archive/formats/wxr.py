"""WordPress's export: WXR 1.0, 1.1 and 1.2, an RSS feed with namespaces of its own.

Source of the format: wp-admin/includes/export.php of WordPress. Names are matched
without their namespace, whose address changed with each version and is lost in some
files. Posts and pages become stories, and so does anything else that was commented on;
what has no words for readers (attachments, menus, …) is kept as a record and set aside.

What is not clearly public stays hidden: drafts, scheduled and private posts and those
with a password become drafts; comments that are not approved, and types other than
comments, are kept and not shown. Dates are GMT where the file has them; a local date
without its zone is exact to the day; zero dates are unknown.

The first category of a post becomes its section; the others, and its tags, topics.
"""

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import BinaryIO

from lxml import etree

from articles.choices import Precision
from articles.html import wordpress_paragraphs
from articles.languages import LANGUAGE_TAG
from newsroom.archive.records import (
    UNKNOWN_TIME,
    ArticleRecord,
    AuthorRecord,
    CommentRecord,
    Found,
    SectionRecord,
    SourceRecord,
    Time,
    Unreadable,
    parse_time,
)
from newsroom.archive.xml import XMLReader, closing, is_web_address, raw_of, texts_of

NAME = "wxr"
LABEL = "from a WordPress export"
STORIES = {"post", "page", ""}
NOTE = "It came as an export of the WordPress site it was published on."

_NAMESPACE_OF_WXR = re.compile(rb"wordpress\.org/export/|<wp:(?:wxr_version|post_id)>")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d:\d\d:\d\d)")
_TAG_DOMAINS = ("post_tag", "tag")
_STATUSES = {
    "1": "public",
    "approve": "public",
    "approved": "public",
    "0": "pending",
    "hold": "pending",
    "spam": "spam",
}
_KINDS = {
    "": "comment",
    "comment": "comment",
    "pingback": "pingback",
    "trackback": "trackback",
    "note": "note",
}


def recognises(head: bytes) -> bool:
    head = head.replace(b"\x00", b"")  # UTF-16, near enough.
    return b"<rss" in head and bool(_NAMESPACE_OF_WXR.search(head))


def read(file: BinaryIO) -> Iterator[Found]:
    yield from _Export(file).found()


class _Export:
    """One file: what of it refers to what is remembered while it is read."""

    def __init__(self, file: BinaryIO):
        self.reader = XMLReader(file, ("item", "comment", "author"))
        self.channel: dict[str, str] = {}
        self.authors: dict[str, str] = {}
        self.sections: set[str] = set()
        self.item: etree._Element | None = None

    def found(self) -> Iterator[Found]:
        has_begun = False
        for element in self.reader.elements():
            if not has_begun:
                yield self.source(element)
                has_begun = True
            name = etree.QName(element).localname
            yield from getattr(self, f"read_{name}")(element)
        if not has_begun:
            yield Found(SourceRecord(note=NOTE), "", 1)
        if self.reader.ends_early and self.item is not None:
            # Its comments are whole, and its own words came before them.
            yield from self.story(self.item)
            self.reader.ended["item"] += 1
        yield from closing(self.reader, {"item": "other", "comment": "comment"})

    def source(self, element: etree._Element) -> Found:
        channel = element.getroottree().getroot()[0]
        self.channel = texts_of(channel)
        address = self.channel.get("base_blog_url") or self.channel.get("link", "")
        origin = re.sub(r"^https?://(www\.)?|/$", "", address.strip().lower())
        language = self.channel.get("language", "").strip()
        self.language = language if re.match(LANGUAGE_TAG, language) else ""
        record = SourceRecord(
            origin=f"wordpress:{origin}"[:255] if origin else "",
            url=address.strip() if is_web_address(address.strip()) else "",
            note=NOTE,
        )
        return Found(record, "", 1)

    def read_author(self, element: etree._Element) -> Iterator[Found]:
        fields = texts_of(element)
        login = fields.get("author_login", "").strip()
        if etree.QName(element.getparent()).localname != "channel" or not login:
            return
        name = fields.get("author_display_name", "").strip() or login
        yield from self.author(login, name, raw_of(element), element.sourceline)

    def author(self, login: str, name: str, raw: str, line: int) -> Iterator[Found]:
        if login not in self.authors:
            self.authors[login] = name
            yield Found(AuthorRecord(id=login, name=name), raw, line)

    def read_comment(self, element: etree._Element) -> Iterator[Found]:
        item = element.getparent()
        if item is not self.item:
            self.item, self.item_id = item, _item_id(item)
            item.set("commented", "yes")
        fields = texts_of(element)
        raw, line = raw_of(element), element.sourceline
        id = fields.get("comment_id", "").strip() or f"line {line}"
        kind = _KINDS.get(fields.get("comment_type", "").strip(), "other")
        status = _STATUSES.get(fields.get("comment_approved", "").strip(), "hidden")
        if kind in ("note", "other") and status == "public":
            status = "hidden"
        parent = fields.get("comment_parent", "").strip()
        parent = "" if parent in ("", "0") else parent
        record = CommentRecord(
            id=id,
            article=self.item_id,
            body=fields.get("comment_content", ""),
            body_format="wordpress",
            parent=parent,
            reply_basis="given" if parent else "",
            author_name=fields.get("comment_author", "").strip(),
            author_url=fields.get("comment_author_url", "").strip(),
            language=self.language,
            posted=_time(fields.get("comment_date_gmt"), fields.get("comment_date")),
            status=status,
            kind=kind,
        )
        yield Found(record, raw, line)

    def read_item(self, element: etree._Element) -> Iterator[Found]:
        yield from self.story(element)
        self.item = None

    def story(self, item: etree._Element) -> Iterator[Found]:
        fields = texts_of(item)
        was_commented = item.attrib.pop("commented", None) is not None
        raw, line, id = raw_of(item), item.sourceline, _item_id(item)
        kind = fields.get("post_type", "").strip()
        if kind not in STORIES and not was_commented:
            address = fields.get("attachment_url", "").strip()
            reason = f"Not a story but of type {kind}"
            if address:
                reason += f": {address}"
            yield Found(Unreadable(kind="other", id=id, reason=reason), raw, line)
            return
        section, topics = self.terms(item)
        if section and section not in self.sections:
            self.sections.add(section)
            yield Found(SectionRecord(id=section, name=section), "", line)
        creator = fields.get("creator", "").strip()
        if creator:
            yield from self.author(creator, creator, creator, line)
        link = fields.get("link", "").strip()
        record = ArticleRecord(
            id=id,
            headline=fields.get("title", "").strip() or f"Untitled ({id})",
            body=wordpress_paragraphs(fields.get("encoded", "")),
            standfirst=_standfirst(item),
            language=self.language,
            status=_article_status(fields),
            section=section,
            topics=topics,
            authors=(creator,) if creator else (),
            published=_time(
                fields.get("post_date_gmt"),
                fields.get("post_date"),
                fields.get("pubDate"),
            ),
            source_url=link if is_web_address(link) else "",
        )
        yield Found(record, raw, line)

    def terms(self, item: etree._Element) -> tuple[str, tuple[str, ...]]:
        names = [
            (term.get("domain") or "category", (term.text or "").strip())
            for term in item.iterfind("{*}category")
        ]
        categories = [name for domain, name in names if domain == "category" and name]
        tags = [
            name for domain, name in names if domain in ("post_tag", "tag") and name
        ]
        section = categories[0] if categories else ""
        topics = dict.fromkeys([*categories[1:], *tags])
        topics.pop(section, None)
        return section, tuple(topics)


def _standfirst(item: etree._Element) -> str:
    for child in item.iterfind("{*}encoded"):
        if "excerpt" in etree.QName(child).namespace:
            return re.sub(r"<[^>]*>", "", child.text or "").strip()
    return ""


def _item_id(item: etree._Element) -> str:
    fields = texts_of(item)
    for name in ("post_id", "guid", "link"):
        if id := fields.get(name, "").strip():
            return id[:255]
    return f"line {item.sourceline}"


def _article_status(fields: dict[str, str]) -> str:
    status = fields.get("status", "").strip()
    if fields.get("post_password", "").strip():
        return "draft"
    # An attachment that was commented on has its parent's state.
    return "published" if status in ("publish", "inherit", "") else "draft"


def _time(gmt: str | None, local: str | None, rfc: str | None = None) -> Time:
    if (match := _DATE.match((gmt or "").strip())) and match[1] != "0000":
        return _valid(f"{match[1]}-{match[2]}-{match[3]}T{match[4]}Z")
    if rfc and "-0001" not in rfc:
        try:
            at = parsedate_to_datetime(rfc.strip())
        except ValueError:
            at = None
        if at is not None and at.tzinfo is not None:
            return Time(at, Precision.SECOND)
    if (match := _DATE.match((local or "").strip())) and match[1] != "0000":
        return _valid(f"{match[1]}-{match[2]}-{match[3]}")
    return UNKNOWN_TIME


def _valid(text: str) -> Time:
    try:
        return parse_time(text)
    except ValueError:
        return UNKNOWN_TIME
