"""Which encoding a browser gets, and which addresses are readers' pages."""

import gzip

import pytest

from newsroom.caching.encodings import ENCODINGS, choose
from newsroom.caching.pages import find


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("BR; q=1.0", "br"),
        ("br;q=0, *;q=0.1", "zstd"),
        ("*", "br"),
        ("identity", ""),
        ("identity, gzip;q=0.5", ""),
        ("gzip;q=0", ""),
        ("gzip;q=x", ""),
        ("deflate, snappy", ""),
    ],
)
def test_encoding_is_the_best_the_browser_accepts(accepted, encoding):
    assert choose(accepted) == encoding


def test_kept_gzip_has_no_time_in_it():
    assert ENCODINGS["gzip"].keep(b"page") == gzip.compress(b"page", 6, mtime=0)


@pytest.mark.parametrize(
    "address", ["/comments/9223372036854775808/", "/x/", "/?" + "x" * 600]
)
def test_address_that_no_page_has_is_none_of_the_cache(address):
    path, _, query = address.partition("?")

    assert find(path, query) is None
