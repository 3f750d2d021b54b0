"""Addresses, looked up once: a page has dozens, and each `reverse` costs 50 µs.

Of pages that differ in one word or number, that is what stands around that word: a slug
or a key, which need no quoting.
"""

from functools import cache

from django.urls import get_script_prefix, reverse


def address(name: str) -> str:
    """Return what `reverse(name)` does."""
    return _at(name, get_script_prefix())


def address_of(name: str, key: str | int) -> str:
    """Return what `reverse(name, args=[key])` does."""
    before, after = _around(name, get_script_prefix())
    return f"{before}{key}{after}"


@cache
def _at(name: str, _script_prefix: str) -> str:
    return reverse(name)


@cache
def _around(name: str, _script_prefix: str) -> tuple[str, str]:
    """Return what stands before and after the key, where the site is mounted."""
    before, _, after = reverse(name, args=[0]).rpartition("0")
    return before, after
