"""WordPress's export: WXR 1.0, 1.1 and 1.2, an RSS feed with namespaces of its own.

Source of the format: wp-admin/includes/export.php of WordPress. Names are matched
without their namespace, whose address changed with each version and is lost in some
files. Posts and pages become stories, and so does anything else that was commented on;
attachments that nobody commented on are known by their address; what else has no words
for readers (menus, …) is kept as a record and set aside.

What is not clearly public stays hidden: drafts, scheduled and private posts and those
with a password become drafts; comments that are not approved, and types other than
comments, are kept and not shown.

Dates are GMT where the file has them. Else local time is reckoned with the site's own
offset, as other dates of the same file show it; a local date whose zone stays unknown
is exact to the day; zero dates are unknown. Each says so as a doubt.

When the export was made stands in a comment before it, to the minute and without a
zone. The channel's `pubDate` says the same to the second since WordPress 3.1; before,
and at WordPress.com, it is that of the last story, so it counts where both agree.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import BinaryIO

from django.utils.translation import gettext_noop
from lxml import etree

from articles.choices import Precision
from articles.html import wordpress_paragraphs, wordpress_shortcodes
from articles.languages import LANGUAGE_TAG
from newsroom.archive.records import (
    UNKNOWN_TIME,
    ArticleRecord,
    AttachmentRecord,
    AuthorRecord,
    CommentRecord,
    Found,
    Payload,
    SourceRecord,
    TermRecord,
    Time,
    Unreadable,
)
from newsroom.archive.xml import (
    MARK,
    NAMES,
    Shape,
    XMLReader,
    is_web_address,
    may_be_encoded_twice,
    texts_of,
)

NAME = "wxr"
LABEL = gettext_noop("from a WordPress export")
UNFILED = ("category", "Uncategorized")
STORIES_NEED_COMMENTS = False
STORIES = {"post", "page", ""}
NOTE = "It came as an export of the WordPress site it was published on."
MAX_LENGTH = 255

# RSS has authors and categories too, and podcasts theirs; `wfw:comment` is an address.
_OF_WORDPRESS = r"(?:wp\w*|ns\d+):"
_RECORDS = ("item", "comment", "author", "category", "tag", "term")
_SHAPES = {
    "item": Shape("other"),
    "comment": Shape("comment", r"(?!wfw:)(?:[\w.-]+:)?"),
    "author": Shape("other", _OF_WORDPRESS, never_in=_RECORDS),
    "category": Shape("other", _OF_WORDPRESS, never_in=_RECORDS),
    "tag": Shape("other", _OF_WORDPRESS, never_in=_RECORDS),
    "term": Shape("other", _OF_WORDPRESS, never_in=_RECORDS),
}
_NAMESPACE_OF_WXR = re.compile(rb"wordpress\.org/export/|<wp:(?:wxr_version|post_id)>")
_MADE = re.compile(
    r"<!--\s*generator=\"[^\"<>]*\"\s+created=\"(\d{4}-\d\d-\d\d \d\d:\d\d)\"",
    re.ASCII,
)
_TAXONOMIES = {"post_tag": "tag"}
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
_FARTHEST_ZONE = timedelta(hours=15)
_STEP_OF_ZONES = timedelta(minutes=15)


def recognises(head: bytes) -> bool:
    head = head.replace(b"\x00", b"")  # UTF-16, near enough.
    return b"<rss" in head and bool(_NAMESPACE_OF_WXR.search(head))


def read(file: BinaryIO) -> Iterator[Found]:
    yield from _Export(file).found()


class _Export:
    """One file: what of it refers to what is remembered while it is read."""

    def __init__(self, file: BinaryIO):
        self.reader = XMLReader(file, _SHAPES)
        self.language = ""
        self.logins: set[str] = set()
        self.clock = _Clock()
        # The item whose comments are being read, and its id, which must not change.
        self.item: etree._Element | None = None
        self.item_id = ""

    def found(self) -> Iterator[Found]:
        has_begun = False
        for name, start, end, element in self.reader.records():
            if not has_begun:
                yield Found(self.source(element))
                has_begun = True
            yield Found(self.record(name, start, end, element), start, end)
        if not has_begun:
            yield Found(self.source(None))
        yield Found(self.reader.condition())

    def source(self, element: etree._Element | None) -> SourceRecord:
        if element is None:
            return SourceRecord(note=NOTE, captured=_made(self.reader.head))
        channel, _ = texts_of(element.getroottree().getroot()[0])
        address = (channel.get("base_blog_url") or channel.get("link", "")).strip()
        origin = re.sub(r"^https?://(www\.)?|/$", "", address.lower())
        language = channel.get("language", "").strip()
        self.language = language if re.match(LANGUAGE_TAG, language) else ""
        return SourceRecord(
            origin=f"wordpress:{origin}"[:MAX_LENGTH] if origin else "",
            url=address if is_web_address(address) else "",
            captured=_made(self.reader.head, channel.get("pubDate")),
            note=NOTE,
        )

    def record(self, name: str, start: int, end: int, element) -> Payload:
        if name == "comment" and element is not None:
            return self.comment(element, start)
        if name == "item" and element is not None:
            return self.take_item(element, start)
        if element is None:
            if self.item is not None and self.item.get(MARK) == str(start):
                # Its comments are whole, and its own words came before them.
                doubt = self.reader.why_not_read(start, end)
                return self.take_item(self.item, start, doubt)
            return Unreadable(
                kind="comment" if name == "comment" else "other",
                id=_at(start),
                reason=self.reader.why_not_read(start, end),
            )
        fields, _ = texts_of(element)
        return self.author(fields, start) if name == "author" else _term(fields, start)

    def author(self, fields: dict[str, str], start: int) -> AuthorRecord:
        login = fields.get("author_login", "").strip()[:MAX_LENGTH]
        names = ("author_first_name", "author_last_name")
        whole = " ".join(fields.get(name, "").strip() for name in names).strip()
        name = fields.get("author_display_name", "").strip() or login or whole
        id = login or fields.get("author_id", "").strip()[:MAX_LENGTH] or _at(start)
        self.logins.add(id)
        return AuthorRecord(id=id, name=name or f"Author {id}")

    def comment(
        self, element: etree._Element, start: int
    ) -> CommentRecord | Unreadable:
        fields, parts = texts_of(element)
        get = fields.get
        id = get("comment_id", "").strip()[:MAX_LENGTH] or _at(start)
        if not self.enter_item(element):
            reason = gettext_noop("It stands outside of a story")
            return Unreadable(kind="comment", id=id, reason=reason)
        given_status = get("comment_approved", "").strip()
        given_kind = get("comment_type", "").strip()
        status = _STATUSES.get(given_status, "hidden")
        kind = _KINDS.get(given_kind, "other")
        if kind in ("note", "other") and status == "public":
            status = "hidden"
        parent = get("comment_parent", "").strip()
        if parent == "0":
            parent = ""
        name, body = get("comment_author", "").strip(), get("comment_content", "")
        posted, doubt = self.clock.read(get("comment_date_gmt"), get("comment_date"))
        return CommentRecord(
            id=id,
            article=self.item_id,
            body=body,
            body_format="wordpress",
            parent=parent,
            reply_basis="given" if parent else "",
            author_name=name,
            author_url=get("comment_author_url", "").strip(),
            author_email=get("comment_author_email", "").strip(),
            author_ip=get("comment_author_IP", "").strip(),
            language=self.language,
            posted=posted,
            status=status,
            given_status=given_status[:MAX_LENGTH],
            kind=kind,
            given_kind=given_kind[:MAX_LENGTH],
            also=_also(parts) if parts else "",
            doubt=_joined(doubt, may_be_encoded_twice(body, name)),
        )

    def enter_item(self, comment: etree._Element) -> bool:
        """Note which item the comment is in; tell whether it is in one."""
        item = comment.getparent()
        while item is not None and item is not self.item:
            if NAMES[item.tag] == "item":
                self.item = item
                self.item_id = _item_id(texts_of(item)[0], item.get(MARK, ""))
                return True
            item = item.getparent()
        return item is not None

    def take_item(self, item: etree._Element, start: int, doubt: str = "") -> Payload:
        fields, _ = texts_of(item)
        was_commented, self.item = item is self.item, None
        id = self.item_id if was_commented else _item_id(fields, start)
        kind = fields.get("post_type", "").strip()
        if kind in STORIES or was_commented:
            return self.story(item, id, fields, doubt)
        if kind == "attachment":
            return _attachment(id, fields)
        reason = f"Not a story but of type {kind}"
        return Unreadable(kind="other", id=id, reason=reason)

    def story(self, item, id: str, fields: dict[str, str], doubt: str) -> ArticleRecord:
        get = fields.get
        creator = get("creator", "").strip()[:MAX_LENGTH]
        is_known = creator in self.logins
        addresses = _addresses(get("link", ""), get("guid", ""))
        title, body = get("title", "").strip(), get("encoded", "")
        dates = (get("post_date_gmt"), get("post_date"), get("pubDate"))
        published, doubt_of_date = self.clock.read(*dates)
        twice = may_be_encoded_twice(body, title)
        return ArticleRecord(
            id=id,
            headline=title or f"Untitled ({id})",
            body=wordpress_paragraphs(wordpress_shortcodes(body)),
            standfirst=re.sub(r"<[^<>]*>", "", get("excerpt", "")).strip(),
            language=self.language,
            status=_article_status(fields),
            given_status=_given_status(fields),
            terms=_terms(item),
            authors=(creator,) if is_known else (),
            creators=(creator,) if creator and not is_known else (),
            published=published,
            source_url=addresses[0] if addresses else "",
            addresses=addresses,
            doubt=_joined(doubt, doubt_of_date, twice),
        )


def _made(head: str, pub_date: str | None = None) -> Time:
    """Return when the export was made, as exact as the file tells for certain."""
    made = _MADE.search(head.partition("<rss")[0])
    minute = _instant(f"{made[1]}:00") if made else None
    if minute is None:
        return UNKNOWN_TIME
    at = _rfc_instant(pub_date)
    if at and timedelta() <= at - minute < timedelta(minutes=2):
        return Time(at, Precision.SECOND)
    return Time(minute.replace(hour=0, minute=0), Precision.DAY)


def _at(start: int | str) -> str:
    return f"at byte {start}"


def _joined(*doubts: str) -> str:
    return "; ".join(filter(None, doubts))


def _also(parts: list[etree._Element]) -> str:
    """Return the comment's id at Disqus, which its plugin leaves with the comment."""
    for part in parts:
        if NAMES[part.tag] == "commentmeta":
            fields = {NAMES[child.tag]: (child.text or "").strip() for child in part}
            value = fields.get("meta_value", "")
            if fields.get("meta_key") == "dsq_post_id" and value:
                return f"disqus:{value}"[:MAX_LENGTH]
    return ""


def _term(fields: dict[str, str], start: int) -> TermRecord:
    """Read a category, a tag or a term; each has names of its own for the same."""

    def first(*names: str) -> str:
        return next(filter(None, (fields.get(one, "").strip() for one in names)), "")

    if "tag_slug" in fields or "tag_name" in fields:
        taxonomy = "tag"
    elif "category_nicename" in fields or "cat_name" in fields:
        taxonomy = "category"
    else:
        given = first("term_taxonomy")[:MAX_LENGTH]
        taxonomy = _TAXONOMIES.get(given, given)
    slug = first("category_nicename", "tag_slug", "term_slug")
    name = first("cat_name", "tag_name", "term_name") or slug
    # Before 2009 terms had no ids; slugs hold within their taxonomy.
    id = first("term_id") or (f"{taxonomy}:{slug or name}" if name else _at(start))
    return TermRecord(
        id=id[:MAX_LENGTH],
        taxonomy=taxonomy,
        name=name or id,
        description=first(
            "category_description", "tag_description", "term_description"
        ),
    )


def _item_id(fields: dict[str, str], start: int | str) -> str:
    for name in ("post_id", "guid", "link"):
        if id := fields.get(name, "").strip():
            return id[:MAX_LENGTH]
    return _at(start)


def _attachment(id: str, fields: dict[str, str]) -> AttachmentRecord:
    addresses = _addresses(
        fields.get("attachment_url", ""), fields.get("guid", ""), fields.get("link", "")
    )
    article = fields.get("post_parent", "").strip()
    return AttachmentRecord(
        id=id,
        address=addresses[0] if addresses else "",
        title=fields.get("title", "").strip(),
        article="" if article == "0" else article,
    )


def _addresses(*texts: str) -> tuple[str, ...]:
    """Return those that are addresses of the web, each once."""
    addresses = (text.strip() for text in texts)
    return tuple(dict.fromkeys(filter(is_web_address, addresses)))


def _terms(item: etree._Element) -> tuple[tuple[str, str], ...]:
    """Return taxonomy and name of each term of the item.

    Old exports name each twice, first without its taxonomy. “Uncategorized” is what
    WordPress writes where nobody chose: it says of a story that it is filed nowhere.
    """
    terms, bare = {}, []
    for term in item.iterfind("{*}category"):
        name = (term.text or "").strip() or term.get("nicename", "").strip()
        taxonomy = (term.get("domain") or "").strip()
        if name and taxonomy:
            terms[_TAXONOMIES.get(taxonomy, taxonomy), name] = None
        elif name:
            bare.append(name)
    known = {name for _, name in terms}
    terms |= {("category", name): None for name in bare if name not in known}
    return tuple(term for term in terms if term != UNFILED)


def _given_status(fields: dict[str, str]) -> str:
    status = fields.get("status", "").strip()[:200]
    has_password = bool(fields.get("post_password", "").strip())
    return "; ".join(filter(None, [status, "password" if has_password else ""]))


def _article_status(fields: dict[str, str]) -> str:
    status = fields.get("status", "").strip()
    if fields.get("post_password", "").strip():
        return "draft"
    # An attachment that was commented on has its parent's state.
    return "published" if status in ("publish", "inherit", "") else "draft"


class _Clock:
    """Reads times, and learns from those given twice how far the site is from GMT."""

    def __init__(self):
        self.offsets: dict[str, timedelta] = {}
        self.last_offset: timedelta | None = None

    def read(
        self, gmt: str | None, local: str | None, rfc: str | None = None
    ) -> tuple[Time, str]:
        """Return the time and what is doubtful about it, or ""."""
        local = (local or "").strip()
        at = _instant((gmt or "").strip())
        if at is not None:
            if local[:7] not in self.offsets:
                self.learn(at, local)
            return Time(at, Precision.SECOND), ""
        here = _instant(local)
        offset = self.offsets.get(local[:7], self.last_offset)
        if here is not None and offset is not None:
            return _reckoned(here, offset)
        if (at := _rfc_instant(rfc)) is not None:
            return Time(at, Precision.SECOND), ""
        if here is not None:
            day = here.replace(hour=0, minute=0, second=0)
            return Time(day, Precision.DAY), "Its time of day is of an unknown zone"
        given = next(filter(None, (local, gmt, rfc)), "")
        doubt = f"Its date “{given.strip():.60}” is none" if given else ""
        return UNKNOWN_TIME, doubt

    def learn(self, at: datetime, local: str):
        """Remember a month's offset; summer time changes it within the year."""
        here = _instant(local)
        if here is None:
            return
        offset = here - at
        if abs(offset) <= _FARTHEST_ZONE and not offset % _STEP_OF_ZONES:
            self.offsets[local[:7]] = self.last_offset = offset


def _reckoned(here: datetime, offset: timedelta) -> tuple[Time, str]:
    try:
        at = here - offset
    except OverflowError:
        return UNKNOWN_TIME, ""
    hours = offset / timedelta(hours=1)
    doubt = f"Its time is reckoned from a local time, taken as UTC{hours:+g} hours"
    return Time(at, Precision.SECOND), doubt


def _instant(text: str) -> datetime | None:
    """Read "2014-01-14 17:31:03" as if it were UTC; None when it is no such time."""
    if len(text) != 19 or text[7] != "-" or text[10] != " ":
        return None
    try:
        return datetime.fromisoformat(f"{text}+00:00")
    except ValueError:
        return None


def _rfc_instant(text: str | None) -> datetime | None:
    if not text or "-0001" in text:
        return None
    try:
        at = parsedate_to_datetime(text.strip())
        return None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
