"""A story and its discussion in the words of schema.org, for programs that read pages.

Replies are nested as the page nests them. A link that was only inferred is not told as
a fact: such a reply stands at the top. No query is made: what the page shows is all.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime
from html import unescape
from typing import Any

from django.conf import settings

from articles import dates
from articles.addresses import address_of
from articles.choices import Basis, Precision
from articles.models import Article
from comments.models import Comment, Discussion
from comments.threads import SCREEN_DEPTH, Entry

# An attribute's value may hold a ">".
_TAG = re.compile(r'<(?:[^<>"]|"[^"]*")*>')
_BLOCK_END = re.compile(r"</(?:p|li|pre|blockquote)>\s*|<br>")
# How much of "2018-02-23T09:30:15" is told.
_LENGTHS = {
    Precision.YEAR.value: 4,
    Precision.MONTH.value: 7,
    Precision.DAY.value: 10,
    Precision.MINUTE.value: 16,
    Precision.SECOND.value: 19,
}
_KNOWN_LINKS = {Basis.GIVEN.value, Basis.EDITED.value}
# What could end the element that the text stands in, or break a line of a script.
_ESCAPES = [(mark, f"\\u{ord(mark):04X}") for mark in "<>&\u2028\u2029"]

_encode = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":")
).encode


def story(
    article: Article,
    discussion: Discussion,
    entries: list[Entry],
    absolute: Callable[[str], str],
) -> str:
    """Return a NewsArticle with its comments as JSON that is safe inside a page.

    The article comes as `for_its_page` reads it; `absolute` makes a full address.
    """
    url = absolute(article.get_absolute_url())
    published = article.published_machine_readable
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": url,
        "url": url,
        "headline": article.headline,
        "description": article.standfirst,
        "inLanguage": article.language,
        "datePublished": published,
        "dateModified": dates.machine_readable(article.changed_at, "second"),
        "author": [_person(author["name"]) for author in article.byline_authors],
        "publisher": {"@type": "Organization", "name": settings.SITE_NAME},
        "articleSection": article.section and article.section.name,
        "keywords": [topic["name"] for topic in article.filed_under],
        "isBasedOn": article.source_url,
        "commentCount": discussion.comment_count,
        "comment": comments(entries, absolute),
    }
    return in_page({name: value for name, value in data.items() if value})


def comments(
    entries: list[Entry], absolute: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Return the comments of a page's entries, replies within what they answer.

    In one loop over the entries, no deeper than a page nests: a reply beyond that is
    beside the one above it and names its parent.
    """
    prefix = absolute(address_of("comments:detail", 0)).removesuffix("0/")
    top: list[dict[str, Any]] = []
    # By a comment's key: where it is, the list that it is in, and at which level.
    places: dict[int, tuple[dict[str, Any], list, int]] = {}
    for entry in entries:
        comment = entry.comment
        if comment is None or entry.is_context:
            continue
        node = _comment(comment, f"{prefix}{comment.pk}/")
        siblings, level = top, 1
        parent = entry.answers
        if parent and parent.pk in places and comment.reply_basis in _KNOWN_LINKS:
            above, siblings, level = places[parent.pk]
            if level < SCREEN_DEPTH:
                siblings, level = above.setdefault("comment", []), level + 1
            else:
                node["parentItem"] = {"@id": above["@id"]}
        siblings.append(node)
        places[comment.pk] = node, siblings, level
    return top


def _comment(comment: Comment, url: str) -> dict[str, Any]:
    node: dict[str, Any] = {"@type": "Comment", "@id": url}
    if comment.is_removed:
        return node | {"creativeWorkStatus": "Removed"}
    node["text"] = plain_text(comment.body_html)
    if comment.author_name:
        node["author"] = _person(comment.author_name)
    if comment.posted_at:
        node["datePublished"] = _time(comment.posted_at, comment.posted_precision)
    if comment.language:
        node["inLanguage"] = comment.language
    return node


def _time(at: datetime, precision: str) -> str:
    """Return a time in UTC, as exact as it is known.

    Times come from the database in UTC; moving each into the site's zone and back
    would take longer than all else that is told of a comment.
    """
    text = at.isoformat()[: _LENGTHS[precision]]
    return f"{text}Z" if "T" in text else text


def _person(name: str) -> dict[str, str]:
    return {"@type": "Person", "name": name}


def plain_text(html: str) -> str:
    """Return sanitised HTML as text with a line for each block."""
    if html.count("<") == 2 and html.startswith("<p>"):
        html = html[3:].removesuffix("</p>")  # Most comments are one paragraph.
    elif "<" in html:
        html = _TAG.sub("", _BLOCK_END.sub("\n", html))
    return unescape(html).strip()


def in_page(data: Any) -> str:
    """Return JSON that cannot leave the script element it stands in."""
    text = _encode(data)
    for mark, escape in _ESCAPES:
        text = text.replace(mark, escape)
    return text
