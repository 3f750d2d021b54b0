"""Answers for readers' pages: from the cache if nothing has changed, else anew."""

import logging
import re
from collections.abc import Iterable
from hashlib import blake2b

from django.conf import settings
from django.db import DatabaseError
from psycopg import Error

from newsroom.caching.encodings import choose
from newsroom.caching.marks import ChangeMarks, Mark
from newsroom.caching.messages import Rendering, has_same_tag, send, send_not_modified
from newsroom.caching.pages import Target, find
from newsroom.caching.release import release
from newsroom.caching.store import Page, PageStore

logger = logging.getLogger(__name__)
HOST = re.compile(r"([a-z0-9.-]*[a-z0-9]|\[[0-9a-f:.]+\])?(:(?P<port>[0-9]+))?")


class PageCache:
    """Stands before Django, so that a page from the cache costs nothing of it.

    A page is kept with all its headers as Django gave it for the same host and scheme;
    so what Django refuses or redirects there is never answered from here. Django is
    shown no cookie then, and a page that sets one or depends on one is not kept.
    """

    def __init__(self, application):
        self.application = application
        self.marks = ChangeMarks()
        self.store = PageStore()
        self.release = release()
        self.cache_control = f"public, max-age={settings.PAGE_MAX_AGE}"
        if settings.PAGE_STALE_AGE:
            self.cache_control += f", stale-while-revalidate={settings.PAGE_STALE_AGE}"

    def __call__(self, environ: dict, start_response) -> Iterable[bytes]:
        target = None
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            target = find(environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
        if target is None:
            return self.application(environ, start_response)
        # Before the page is made: so it is never older than the mark it is kept under.
        mark = self.mark_of(target)
        if mark is None:
            return self.application(environ, start_response)
        return self.answer(environ, start_response, target, mark)

    def mark_of(self, target: Target) -> Mark | None:
        """Return under which mark the page stands; None if it cannot be told."""
        try:
            return self.marks.current(target.asks)
        except (Error, DatabaseError) as error:
            logger.warning("The change marks cannot be read: %s", error)
            return None

    def answer(self, environ, start_response, target: Target, mark: Mark):
        key = self.key_of(environ, target)
        # The mark of a story is enough to tag its pages; of others, the bytes decide.
        is_tagged = mark.story and target.address
        tag = f'W/"{digest(key, mark.text)}"' if is_tagged else ""
        if tag and has_same_tag(environ, tag):
            headers = {"Cache-Control": self.cache_control, "ETag": tag}
            headers["Vary"] = "Accept-Encoding"
            return send_not_modified(start_response, headers)
        is_kept = target.address and settings.PAGE_CACHE and is_own_host(environ)
        encoding = choose(environ.get("HTTP_ACCEPT_ENCODING", ""))
        page = self.store.get(key, encoding, mark.text) if is_kept else None
        if page is None:
            as_kept = environ | {"QUERY_STRING": target.query}
            rendering = Rendering(self.application, as_kept)
            if not rendering.is_for_everyone:
                return rendering.send(environ, start_response)
            page = self.page_of(rendering, mark, tag)
            if is_kept:
                page = self.store.put(key, encoding, page)
            elif encoding:
                page = page.encoded(encoding, is_kept=False)
        return send(environ, start_response, page, mark.modified)

    def key_of(self, environ: dict, target: Target) -> str:
        trusted, secure = settings.SECURE_PROXY_SSL_HEADER or ("", "")
        scheme = environ.get(trusted, "").split(",")[0].strip()
        return digest(
            self.release,
            environ["wsgi.url_scheme"],
            # Django takes any other for plain HTTP, none for what the server says.
            "secure" if scheme == secure else scheme and "plain",
            environ.get("HTTP_HOST", ""),
            environ.get("SERVER_NAME", ""),
            environ.get("SCRIPT_NAME", ""),
            target.address,
        )

    def page_of(self, rendering: Rendering, mark: Mark, tag: str) -> Page:
        """Return what is kept of a page that was made."""
        headers, body = rendering.lasting_headers(), rendering.read()
        headers.setdefault("Cache-Control", self.cache_control)
        # By which a CDN can be told to forget a story, or all lists.
        headers["Surrogate-Key"] = f"story-{mark.story}" if mark.story else "lists"
        headers["ETag"] = tag or f'W/"{blake2b(body, digest_size=16).hexdigest()}"'
        return Page(mark.text, headers, "", body)


def is_own_host(environ: dict) -> bool:
    """Say whether the request names the site as its addresses do.

    Django takes any port, a last dot and capitals for the same host, and writes them
    into the page; each would be a page of its own.
    """
    host = environ.get("HTTP_HOST", "")
    match = HOST.fullmatch(host)
    return bool(match) and match["port"] in (None, environ.get("SERVER_PORT"))


def digest(*parts: str) -> str:
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()
