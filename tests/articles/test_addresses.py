"""Addresses that are looked up once."""

import pytest
from django.urls import reverse, set_script_prefix

from articles.addresses import address, address_of


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("article-detail", "river-10"),
        ("section-detail", "0"),
        ("citing:article", "river"),
        ("feeds:discussion-json", "river"),
        ("comments:detail", 1070),
    ],
)
def test_address_of_is_what_reverse_says(name, key):
    assert address_of(name, key) == reverse(name, args=[key])


@pytest.mark.parametrize("name", ["front-page", "search", "feeds:articles-json"])
def test_address_is_what_reverse_says(name):
    assert address(name) == reverse(name)


def test_address_of_knows_where_the_site_is_mounted():
    before, search = address_of("article-detail", "river"), address("search")
    set_script_prefix("/v10/")
    try:
        assert address_of("article-detail", "river") == f"/v10{before}"
        assert address("search") == f"/v10{search}"
    finally:
        set_script_prefix("/")
