"""Compressed bytes, as the browser says it can read them.

No reader's page has a secret in it, so that compressing it tells nobody anything.
"""

import gzip
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


class Encoding(NamedTuple):
    """`keep` compresses what is kept, `send` what is sent once."""

    keep: Callable[[bytes], bytes]
    send: Callable[[bytes], bytes]
    read: Callable[[bytes], bytes]


def _brotli(quality: int) -> Callable[[bytes], bytes]:
    return lambda body: brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality)


# In the order of preference where a browser has none: the smallest first.
ENCODINGS = {
    "br": Encoding(_brotli(6), _brotli(1), brotli.decompress),
    "zstd": Encoding(
        lambda body: zstd.compress(body, 9),
        lambda body: zstd.compress(body, 1),
        zstd.decompress,
    ),
    # Without the time in it: the same page, the same bytes.
    "gzip": Encoding(
        lambda body: gzip.compress(body, 6, mtime=0),
        lambda body: gzip.compress(body, 1, mtime=0),
        gzip.decompress,
    ),
}


@lru_cache(maxsize=256)
def choose(accepted: str) -> str:
    """Return the best encoding by an Accept-Encoding header; "" for none."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _, parameter = part.partition(";")
        weights[name.strip()] = _weight(parameter)
    otherwise = weights.get("*", 0)
    best = max(ENCODINGS, key=lambda name: weights.get(name, otherwise))
    weight = weights.get(best, otherwise)
    return best if weight > 0 and weight >= weights.get("identity", 0) else ""


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1
    try:
        return float(value)
    except ValueError:
        return 0
