"""Stories and comments as WordPress exports and imports them: WXR 1.2.

It holds less than a Newsroom archive: the first author of a byline, no revisions, no
account names, no provenance, times without their precision, and a hidden and a removed
comment are both in the trash. Nobody's e-mail or IP address is in it.

In WordPress's texts newlines count. So plain text is escaped and keeps its newlines,
and HTML, which means nothing by them, has none; read again, both look the same.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from itertools import count
from typing import Any
from xml.sax.saxutils import escape as escape_xml

from django.conf import settings
from django.db.models import F

from articles.choices import ArticleStatus, Precision
from articles.html import wordpress_paragraphs
from articles.models import Article, Author, Section, Topic
from comments.choices import (
    BodyFormat,
    CommentKind,
    CommentStatus,
    DiscussionPolicy,
)
from comments.models import Comment
from newsroom.archive.exporting.selection import ROWS_AT_ONCE, Selection

VERSION = "1.2"

STATUSES = {
    CommentStatus.PUBLIC: "1",
    CommentStatus.PENDING: "0",
    CommentStatus.SPAM: "spam",
    CommentStatus.HIDDEN: "trash",
    CommentStatus.REMOVED: "trash",
}
KINDS = {
    CommentKind.COMMENT: "comment",
    CommentKind.PINGBACK: "pingback",
    CommentKind.TRACKBACK: "trackback",
    CommentKind.NOTE: "note",
    CommentKind.OTHER: "other",
}
_ARTICLE_STATUSES = {
    ArticleStatus.PUBLISHED: "publish",
    ArticleStatus.DRAFT: "draft",
    ArticleStatus.WITHDRAWN: "private",
}
_UNKNOWN_DATE = "0000-00-00 00:00:00"

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PRE = re.compile(r"(<pre[\s>].*?</pre>)", re.DOTALL)
_NEWLINES = re.compile(r"\s*[\n\r]\s*")
# Before text that is no block this keeps WordPress from making a paragraph of it.
_NO_PARAGRAPH = "<!-- -->"

_HEAD = """\
<?xml version="1.0" encoding="UTF-8" ?>
<!-- A WordPress eXtended RSS file, written by Newsroom. In WordPress it is taken in -->
<!-- under Tools, Import, WordPress. It holds stories, their sections (categories) -->
<!-- and topics (tags), and their comments, those that are not public included. -->
<rss version="2.0"
  xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:wfw="http://wellformedweb.org/CommentAPI/"
  xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
"""
_TAIL = "</channel>\n</rss>\n"


def parts(selection: Selection, site_url: str) -> Iterator[tuple[str, str]]:
    """Yield what the file is made of: pieces of XML, each with what begins in it."""
    site_url = site_url.rstrip("/")
    yield "", _HEAD + _channel(selection, site_url)
    yield from _terms(selection)
    late = selection.comments().filter(parent_id__gt=F("pk")).order_by()
    out_of_order = {*late.values_list("discussion_id", flat=True).distinct()}
    for story, comments in selection.stories():
        ids = ids_parents_first(story.pk) if story.pk in out_of_order else {}
        yield "article", _item(story, site_url)
        for row in comments:
            yield "comment", _comment(row, ids)
        yield "", "</item>\n"
    yield "", _TAIL


def ids_parents_first(discussion: int) -> dict[int, int]:
    """Deal out the keys of a discussion's comments anew, so that parents have lower.

    WordPress takes comments in by their ids and forgets a parent that comes later. The
    order is that of the keys, where a reply waits for what it answers; so a comment
    that is written later changes no other's id.
    """
    comments = Comment.objects.filter(discussion=discussion).in_reading_order()
    places = {}
    for pk, parent, depth in comments.values_list("pk", "parent_id", "depth"):
        waits_for = places[parent][0] if parent else pk
        places[pk] = (max(pk, waits_for), depth, pk)
    return dict(zip(sorted(places, key=places.get), sorted(places), strict=True))


def _channel(selection: Selection, site_url: str) -> str:
    """Return the head; the language is told when all stories have the same one."""
    languages = selection.articles().order_by().values_list("language", flat=True)
    languages = [*languages.distinct()[:2]]
    return _elements(
        {
            "title": settings.SITE_NAME,
            "link": site_url,
            "description": "",
            "language": languages[0] if len(languages) == 1 else None,
            "wp:wxr_version": VERSION,
            "wp:base_site_url": site_url,
            "wp:base_blog_url": site_url,
            "generator": "Newsroom",
        }
    )


def _terms(selection: Selection) -> Iterator[tuple[str, str]]:
    """Yield authors, categories and tags, numbered through."""
    ids = count(1)
    for author in selection.authors().iterator(ROWS_AT_ONCE):
        yield "author", _author(author, next(ids))
    for section in selection.sections().iterator(ROWS_AT_ONCE):
        yield "section", _category(section, next(ids))
    for topic in selection.topics().iterator(ROWS_AT_ONCE):
        yield "topic", _tag(topic, next(ids))


def _author(author: Author, id: int) -> str:
    inner = _elements(
        {
            "wp:author_id": id,
            "wp:author_login": author.slug,
            "wp:author_email": "",
            "wp:author_display_name": author.name,
            "wp:author_first_name": "",
            "wp:author_last_name": "",
        }
    )
    return f"<wp:author>\n{inner}</wp:author>\n"


def _category(section: Section, id: int) -> str:
    inner = _elements(
        {
            "wp:term_id": id,
            "wp:category_nicename": section.slug,
            "wp:category_parent": "",
            "wp:cat_name": section.name,
            "wp:category_description": section.description,
        }
    )
    return f"<wp:category>\n{inner}</wp:category>\n"


def _tag(topic: Topic, id: int) -> str:
    inner = _elements(
        {"wp:term_id": id, "wp:tag_slug": topic.slug, "wp:tag_name": topic.name}
    )
    return f"<wp:tag>\n{inner}</wp:tag>\n"


def _item(article: Article, site_url: str) -> str:
    """Return a story's item, left open for its comments."""
    address = site_url + article.get_absolute_url()
    authors = [byline.author.slug for byline in article.bylines.all()]
    local, gmt = _dates(article.published_at, article.published_precision)
    is_exact = gmt != _UNKNOWN_DATE
    head = _elements(
        {
            "title": article.headline,
            "link": address,
            "pubDate": format_datetime(article.published_at) if is_exact else "",
            "dc:creator": authors[0] if authors else "",
        }
    )
    rest = _elements(
        {
            "description": "",
            "content:encoded": without_newlines(article.body),
            "excerpt:encoded": escape(article.standfirst, quote=False),
            "wp:post_id": article.pk,
            "wp:post_date": local,
            "wp:post_date_gmt": gmt,
            "wp:comment_status": "open" if _is_open(article) else "closed",
            "wp:ping_status": "closed",
            "wp:post_name": article.slug,
            "wp:status": _ARTICLE_STATUSES[article.status],
            "wp:post_parent": 0,
            "wp:menu_order": 0,
            "wp:post_type": "post",
            "wp:post_password": "",
            "wp:is_sticky": 0,
        }
    )
    guid = f'<guid isPermaLink="false">{escape_xml(address)}</guid>\n'
    return f"<item>\n{head}{guid}{rest}{_filed_under(article)}"


def _filed_under(article: Article) -> str:
    terms = [("category", article.section)] if article.section else []
    terms += [("post_tag", topic) for topic in article.topics.all()]
    return "".join(
        f'<category domain="{domain}" nicename="{escape(term.slug)}">'
        f"{_cdata(term.name)}</category>\n"
        for domain, term in terms
    )


def _is_open(article: Article) -> bool:
    discussion = article.discussion
    is_past = discussion.closes_at and discussion.closes_at <= datetime.now(UTC)
    return discussion.policy != DiscussionPolicy.CLOSED and not is_past


def _comment(row, ids: dict[int, int]) -> str:
    """Return a comment's element; `ids` has those that are not its key.

    `row` has the columns of `comment_rows`.
    """
    local, gmt = _dates(row.posted_at, row.posted_precision)
    inner = _elements(
        {
            "wp:comment_id": ids.get(row.pk, row.pk),
            "wp:comment_author": row.author_name,
            "wp:comment_author_email": "",
            "wp:comment_author_url": row.author_url,
            "wp:comment_author_IP": "",
            "wp:comment_date": local,
            "wp:comment_date_gmt": gmt,
            "wp:comment_content": as_wordpress(row),
            "wp:comment_approved": STATUSES[row.status],
            "wp:comment_type": KINDS[row.kind],
            "wp:comment_parent": ids.get(row.parent_id, row.parent_id) or 0,
            "wp:comment_user_id": 0,
        }
    )
    return f"<wp:comment>\n{inner}</wp:comment>\n"


def as_wordpress(row) -> str:
    """Return a comment's text in WordPress's words, to look as it does here."""
    match BodyFormat(row.body_format):
        case BodyFormat.WORDPRESS:
            return row.body
        case BodyFormat.TEXT:
            return escape(row.body, quote=False)
        case BodyFormat.HTML | BodyFormat.MARKDOWN:
            return without_newlines(row.body_html)


def without_newlines(html: str) -> str:
    """Return HTML that looks the same where newlines make the paragraphs."""
    pieces = []
    for index, part in enumerate(_PRE.split(html)):
        if index % 2:
            pieces.append(re.sub(r"\r\n?|\n", "&#10;", part))
            continue
        part = _NEWLINES.sub(" ", part).strip()
        is_block = not part or wordpress_paragraphs(part) == part
        pieces.append(part if is_block else _NO_PARAGRAPH + part)
    return "".join(pieces)


def _dates(at: datetime | None, precision: str) -> tuple[str, str]:
    """Return a time as WordPress's local date and its GMT.

    WordPress has no word for a day, a month or a year alone. Without a GMT it is not
    taken for an exact time; the local date keeps it in its place.
    """
    if at is None:
        return _UNKNOWN_DATE, _UNKNOWN_DATE
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "seconds")
    is_exact = precision in (Precision.SECOND, Precision.MINUTE)
    return text, text if is_exact else _UNKNOWN_DATE


def _elements(values: dict[str, Any]) -> str:
    return "".join(
        f"<{name}>{_text(value)}</{name}>\n"
        for name, value in values.items()
        if value is not None
    )


def _text(value: Any) -> str:
    """Return text in CDATA unless it needs none."""
    if isinstance(value, str) and not (value.isascii() and value.isalnum()):
        return _cdata(value) if value else ""
    return str(value)


def _cdata(text: str) -> str:
    """Return any text whatever as CDATA; what XML forbids becomes U+FFFD."""
    text = _NOT_IN_XML.sub("\ufffd", text).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{text}]]>"
