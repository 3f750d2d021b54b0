"""Requests and responses as the server and Django exchange them (WSGI)."""

from collections.abc import Iterable
from functools import lru_cache

from django.utils.http import http_date, parse_etags, parse_http_date_safe

from newsroom.caching.store import Page

OF_ONE_BROWSER = {"HTTP_COOKIE", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE"}
# What the cache says anew.
FLEETING = {"content-encoding", "content-length", "etag", "last-modified"}
PERSONAL = ("private", "no-store", "no-cache")


class Rendering:
    """What Django answers to anybody: whole, and whoever asks."""

    def __init__(self, application, environ: dict):
        whole = {name: environ[name] for name in environ.keys() - OF_ONE_BROWSER}
        self.chunks = application(whole | {"REQUEST_METHOD": "GET"}, self._start)

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info=None):
        self.status, self.headers = status, headers

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    @property
    def is_for_everyone(self) -> bool:
        """Say whether anybody may get this: a page, whole, with nothing personal."""
        return self.status.startswith("200") and not (
            self.is_personal
            or self.is_streamed
            or any(word in self.header("cache-control") for word in PERSONAL)
        )

    @property
    def is_personal(self) -> bool:
        varies_by = self.header("vary").lower()
        return bool(self.header("set-cookie")) or "cookie" in varies_by

    @property
    def is_streamed(self) -> bool:
        return not self.header("content-length")

    def lasting_headers(self) -> dict[str, str]:
        headers = {
            name: value
            for name, value in self.headers
            if name.lower() not in FLEETING | {"vary"}
        }
        headers["Vary"] = self.header("vary") or "Accept-Encoding"
        if "accept-encoding" not in headers["Vary"].lower():
            headers["Vary"] += ", Accept-Encoding"
        return headers

    def read(self) -> bytes:
        try:
            return b"".join(self.chunks)
        finally:
            self.chunks.close()

    def send(self, environ: dict, start_response) -> Iterable[bytes]:
        """Send it as it is."""
        start_response(self.status, self.headers)
        if environ["REQUEST_METHOD"] != "HEAD":
            return self.chunks
        self.chunks.close()
        return []


def send(environ: dict, start_response, page: Page, modified: int) -> list[bytes]:
    """Send a page, or say that the browser has it."""
    if has_same_tag(environ, page.headers["ETag"]) or is_unmodified(environ, modified):
        return send_not_modified(start_response, page.headers)
    headers = [*page.headers.items(), ("Content-Length", f"{len(page.body)}")]
    if page.encoding:
        headers.append(("Content-Encoding", page.encoding))
    if modified:
        headers.append(("Last-Modified", in_words(modified)))
    start_response("200 OK", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [page.body]


def send_not_modified(start_response, headers: dict[str, str]) -> list[bytes]:
    names = ("Cache-Control", "ETag", "Vary")
    start_response("304 Not Modified", [(name, headers[name]) for name in names])
    return []


def has_same_tag(environ: dict, tag: str) -> bool:
    """Say whether the browser has the page of this tag.

    A tag of any page, “*”, is none: it would find out whether there is a hidden one.
    """
    known = environ.get("HTTP_IF_NONE_MATCH")
    if not known:
        return False
    # A proxy that compresses may have made a strong tag weak.
    tags = [known.removeprefix("W/") for known in parse_etags(known)]
    return tag.removeprefix("W/") in tags


def is_unmodified(environ: dict, modified: int) -> bool:
    """Say whether a browser that knows of no tags has the page as it is."""
    since = environ.get("HTTP_IF_MODIFIED_SINCE")
    if not since or not modified or "HTTP_IF_NONE_MATCH" in environ:
        return False
    moment = parse_http_date_safe(since)
    return moment is not None and moment >= modified


@lru_cache(maxsize=256)
def in_words(moment: int) -> str:
    return http_date(moment)
