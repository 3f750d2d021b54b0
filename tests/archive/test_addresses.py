"""Addresses of stories: variants of one page are one, and pages are kept apart."""

import pytest

from newsroom.archive.addresses import MOST_LENGTH, key_of


@pytest.mark.parametrize(
    "variant",
    [
        "https://example.org/2019/ferry/",
        "http://example.org/2019/ferry",
        "https://www.example.org/2019/ferry",
        "HTTPS://Example.ORG/2019/ferry",
        "  https://example.org/2019/ferry\n",
        "https://example.org:443/2019/ferry",
        "http://example.org:80/2019/ferry",
        "https://example.org/2019/ferry#comment-7",
        "https://example.org/2019/ferry?replytocom=7",
        "https://example.org/2019/ferry?utm_source=a&utm_medium=b&fbclid=c",
        "https://example.org/2019/ferry/?disqus_comment=7&cpage=2",
        "https://example.org/2019/f%65rry",
        "https://user:secret@example.org/2019/ferry",
    ],
)
def test_key_is_one_for_all_variants_of_an_address(variant):
    assert key_of(variant) == "example.org/2019/ferry"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("https://example.org/?p=12", "example.org/?p=12"),
        ("https://example.org/index.php?b=2&a=1", "example.org/index.php?a=1&b=2"),
        ("https://example.org/?p=12&preview=", "example.org/?p=12&preview="),
        ("https://example.org:8080/ferry", "example.org:8080/ferry"),
        ("https://blog.example.org/ferry", "blog.example.org/ferry"),
        ("https://example.org/Ferry", "example.org/Ferry"),
        ("https://example.org/caf%C3%A9", "example.org/caf%C3%A9"),
        ("https://example.org/café", "example.org/caf%C3%A9"),
        ("https://example.org/a%20b", "example.org/a%20b"),
    ],
)
def test_key_keeps_what_tells_pages_apart(address, key):
    assert key_of(address) == key


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ferry",
        "/2019/ferry",
        "ftp://example.org/ferry",
        "mailto:ida@example.org",
        "javascript:alert(1)",
        "https://",
        "https://[broken/ferry",
        "https://example.org:port/ferry",
        "disqus:harbour 7",
    ],
)
def test_what_is_no_address_of_the_web_has_no_key(address):
    assert key_of(address) == ""


@pytest.mark.parametrize(
    "address",
    ["https://example.org", "https://example.org/", "https://example.org/?utm_id=1"],
)
def test_front_page_is_no_story(address):
    assert key_of(address) == ""


def test_key_is_no_longer_than_can_be_kept():
    assert len(key_of("https://example.org/" + "é" * 1500)) == MOST_LENGTH
