"""Rendered pages, kept compressed in Django's cache."""

import logging
import time
from typing import NamedTuple

from django.conf import settings
from django.core.cache import caches

from newsroom.caching.encodings import ENCODINGS

KEPT_FOR = 24 * 3600  # seconds; only so that what nobody asks for goes away
LARGEST = 128 * 1024  # bytes, compressed
PAUSE = 5  # seconds in which a cache that failed is left alone
logger = logging.getLogger(__name__)


class Page(NamedTuple):
    """A page as it is sent, and the mark it was made under."""

    mark: str
    headers: dict[str, str]
    encoding: str
    body: bytes

    def plain(self) -> "Page":
        if not self.encoding:
            return self
        body = ENCODINGS[self.encoding].read(self.body)
        return self._replace(encoding="", body=body)

    def encoded(self, encoding: str, *, is_kept: bool) -> "Page":
        """Return the page compressed: with some effort if it is kept."""
        way = ENCODINGS[encoding]
        body = (way.keep if is_kept else way.send)(self.plain().body)
        return self._replace(encoding=encoding, body=body)


class PageStore:
    """Pages by their key, in this process and in what all processes share, if any.

    Each page says under which mark it was made, so no copy is ever shown too long.
    While the shared cache is down the site goes on without.
    """

    def __init__(self):
        self._resumes_at = 0.0

    def get(self, key: str, encoding: str, mark: str) -> Page | None:
        """Return the page if it is there, made under this mark, in this encoding.

        Without one it is read from another, which costs less than it would to keep it.
        """
        name = f"{key}.{encoding or 'gzip'}"
        found = caches["pages"].get(name)
        if found is None or found[0] != mark:
            found = self._look_further(key, name, mark)
        if found is None:
            return None
        page = Page(*found)
        if encoding == page.encoding:
            return page
        return self.put(key, encoding, page) if encoding else page.plain()

    def _look_further(self, key: str, name: str, mark: str) -> tuple | None:
        names = [name, *(f"{key}.{encoding}" for encoding in ENCODINGS)]
        found = caches["pages"].get_many(names)
        if not any(page[0] == mark for page in found.values()):
            found = self._ask_shared("get_many", names) or {}
            caches["pages"].set_many(found, KEPT_FOR)
        current = (found[name] for name in names if name in found)
        return next((page for page in current if page[0] == mark), None)

    def put(self, key: str, encoding: str, page: Page) -> Page:
        """Keep a page; return it in the encoding asked for, be it none."""
        kept = page.encoded(encoding or "gzip", is_kept=True)
        if len(kept.body) <= LARGEST:
            name = f"{key}.{kept.encoding}"
            caches["pages"].set(name, tuple(kept), KEPT_FOR)
            self._ask_shared("set", name, tuple(kept), KEPT_FOR)
        return kept if encoding else page

    def _ask_shared(self, operation: str, *arguments):
        if not settings.SHARES_PAGES or time.monotonic() < self._resumes_at:
            return None
        try:
            return getattr(caches["default"], operation)(*arguments)
        except Exception as error:
            # Whatever fails there, each page can be made anew.
            self._resumes_at = time.monotonic() + PAUSE
            logger.warning("The shared cache does not answer: %s", error)
            return None
