"""Which pages the cache may hold, and by what it knows that one has changed."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from django.http import QueryDict
from django.urls import Resolver404, resolve


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

    `params` are the names in the query string that it reads; with any other it is
    shown, but not kept. `is_daily` says that it also changes at midnight.
    """

    shows: Shows
    params: tuple[str, ...] = ()
    is_daily: bool = False


# By the name of the address. What is not named here is never kept: a view that looks at
# who asks, at other headers or at the hour must not be.
READER_PAGES = {
    "front-page": ReaderPage(Shows.ANYTHING, ("after",)),
    "article-detail": ReaderPage(Shows.STORY),
    "comments:discussion": ReaderPage(Shows.STORY, ("order", "start")),
    "comments:detail": ReaderPage(Shows.COMMENT),
}
LONGEST_ADDRESS = 500  # Longer ones are tried by robots.
LARGEST_KEY = 2**63


class Target(NamedTuple):
    """A page as one request names it.

    `asks` is whose change mark it stands under, as `marks.Question` has it. `address`
    is the same for all requests that mean the same page, and empty for one that is not
    kept.
    """

    page: ReaderPage
    asks: str
    address: str


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
    return Target(page, _asks(page, match.kwargs), _address(page, path, query))


def _asks(page: ReaderPage, named: dict) -> str:
    if page.shows is Shows.STORY:
        return named["slug"]
    return f"#{named['pk']}" if page.shows is Shows.COMMENT else ""


def _address(page: ReaderPage, path: str, query: str) -> str:
    given = QueryDict(query)
    is_known = all(
        name in page.params and len(values) == 1 for name, values in given.lists()
    )
    if not is_known:
        return ""
    return f"{path}?{'&'.join(sorted(query.split('&')))}" if query else path
