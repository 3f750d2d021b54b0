"""Addresses of stories, made comparable.

The same page is known as http and https, with and without “www.”, with and without a
closing slash, and with what trackers and comment systems add to it. `key_of` leaves out
all of that, and keeps what tells pages apart, such as WordPress's `?p=12`.
"""

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

MOST_LENGTH = 2000

_PASSED_OVER = re.compile(
    r"utm_\w+|fbclid|gclid|replytocom|cpage|disqus_\w+|share|amp|doing_wp_cron"
)
_PORTS = {"http": ":80", "https": ":443"}


def key_of(address: str) -> str:
    """Return what is equal for all variants of a page's address.

    It has no scheme, and for an address that is none of the web it is "": nothing can
    be found by that.
    """
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").removeprefix("www.")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not host:
        return ""
    port = "" if port == _PORTS[parts.scheme] else port
    path = quote(unquote(parts.path), safe="/:@!$&'()*+,;=~").rstrip("/")
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = sorted(pair for pair in pairs if not _PASSED_OVER.fullmatch(pair[0]))
    query = f"?{urlencode(kept)}" if kept else ""
    if not path and not query:
        return ""  # The front page is no story.
    return f"{host}{port}{path or '/'}{query}"[:MOST_LENGTH]
