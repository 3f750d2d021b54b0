"""Which pages the cache may hold, and by what it knows that one has changed."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from django.http import QueryDict
from django.urls import Resolver404, resolve
from django.utils.http import urlencode


class Shows(Enum):
    """What a page shows, and so which change mark it stands under."""

    # One story and its discussion; the address has its `slug`.
    STORY = "story"
    # The same, found by a comment; the address has the comment's `pk`.
    COMMENT = "comment"
    # Anything: it stands until something is written anywhere.
    ANYTHING = "anything"


@dataclass(frozen=True)
class ReaderPage:
    """A page that is the same bytes for everyone.

    `params` are the names in the query string that it reads; with any other, or one
    without a value, it is shown, but not kept.
    """

    shows: Shows
    params: tuple[str, ...] = ()


# By the name of the address. What is not named here is never kept: a view that looks at
# who asks, at other headers or at the hour must not be.
_LIST = ReaderPage(Shows.ANYTHING, ("after",))
_ALPHABET = ReaderPage(Shows.ANYTHING, ("after", "letter"))
_FILTERS = ("section", "topic", "author", "year", "language", "discussion")
_STORY = ReaderPage(Shows.STORY)
_WHOLE_SITE = ReaderPage(Shows.ANYTHING)
READER_PAGES = {
    "front-page": _LIST,
    "article-detail": _STORY,
    # Records of comments, where comments have their former ids from, move no mark.
    "article-as-given": _WHOLE_SITE,
    "comments:discussion": ReaderPage(Shows.STORY, ("order", "start")),
    "comments:detail": ReaderPage(Shows.COMMENT, ("start",)),
    "article-list": ReaderPage(Shows.ANYTHING, (*_FILTERS, "after")),
    "section-list": _LIST,
    "section-detail": _LIST,
    "topic-list": _ALPHABET,
    "topic-detail": _LIST,
    "author-list": _ALPHABET,
    "author-detail": _LIST,
    "archive": _WHOLE_SITE,
    "archive-year": _WHOLE_SITE,
    "archive-month": _LIST,
    "archive-day": _LIST,
    "archive-undated": _LIST,
    "on-this-day": _LIST,
    "citing:article": _STORY,
    "citing:article-as": _STORY,
    # Tells of a comment's record, too.
    "citing:comment": _WHOLE_SITE,
    "citing:comment-as": _WHOLE_SITE,
    "feeds:discussion": _STORY,
    "feeds:discussion-json": _STORY,
    "feeds:articles": _WHOLE_SITE,
    "feeds:articles-json": _WHOLE_SITE,
    "feeds:comments": _WHOLE_SITE,
    "feeds:comments-json": _WHOLE_SITE,
    "feeds:section": _WHOLE_SITE,
    "feeds:section-json": _WHOLE_SITE,
    "feeds:topic": _WHOLE_SITE,
    "feeds:topic-json": _WHOLE_SITE,
    "sitemap-index": _WHOLE_SITE,
    "sitemap": _WHOLE_SITE,
}
LONGEST_ADDRESS = 500  # Longer ones are tried by robots.
LARGEST_KEY = 2**63
# What a number looks like in an address; each has one way to be written.
NUMBERS = {"after", "start"}
NUMBER = re.compile(r"[1-9][0-9]{0,18}")


class Target(NamedTuple):
    """A page as one request names it.

    `asks` is whose change mark it stands under, as `marks.Question` has it. `address`
    is the same for all requests that mean the same page, and empty for one that is not
    kept; `query` is its query string. So visitors cannot fill the cache with one page.
    """

    page: ReaderPage
    asks: str
    address: str
    query: str


@lru_cache(maxsize=2048)
def find(path: str, query: str) -> Target | None:
    """Return which reader's page an address names, if it names one.

    The path is as WSGI has it: bytes, written as if they were Latin-1.
    """
    path = path.encode("latin-1").decode(errors="replace")
    if len(path) + len(query) > LONGEST_ADDRESS:
        return None
    try:
        match = resolve(path)
    except Resolver404:
        return None
    page = READER_PAGES.get(match.view_name)
    if page is None or match.kwargs.get("pk", 0) >= LARGEST_KEY:
        return None
    asks = _asks(page, match.kwargs)
    known = _known(page, query) if _is_plain(path, match.kwargs) else None
    if known is None:
        return Target(page, asks, "", query)
    return Target(page, asks, f"{path}?{known}", known)


def _asks(page: ReaderPage, named: dict) -> str:
    if page.shows is Shows.STORY:
        return named["slug"]
    return f"#{named['pk']}" if page.shows is Shows.COMMENT else ""


def _is_plain(path: str, named: dict) -> bool:
    """Say whether a path has its number as pages link to it, not as in “/0012/”."""
    number = named.get("pk", named.get("number"))
    return number is None or re.search(rf"/{number}[/.]", path) is not None


def _known(page: ReaderPage, query: str) -> str | None:
    """Return the query string in the one way it is kept; None if it is not."""
    given = QueryDict(query)
    for name, values in given.lists():
        if name not in page.params or len(values) > 1 or not values[0]:
            return None
        if name in NUMBERS and not NUMBER.fullmatch(values[0]):
            return None
    return urlencode(sorted(given.items()))
