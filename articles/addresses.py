"""Addresses of pages that differ in one word or number.

A page has dozens of them, and each look-up by `reverse` costs 50 µs. So what stands
around that word is looked up once. It is a slug or a key, which need no quoting.
"""

from functools import cache

from django.urls import get_script_prefix, reverse


def address_of(name: str, key: str | int) -> str:
    """Return what `reverse(name, args=[key])` does."""
    before, after = _around(name, get_script_prefix())
    return f"{before}{key}{after}"


@cache
def _around(name: str, _script_prefix: str) -> tuple[str, str]:
    """Return what stands before and after the key, where the site is mounted."""
    before, _, after = reverse(name, args=[0]).rpartition("0")
    return before, after
