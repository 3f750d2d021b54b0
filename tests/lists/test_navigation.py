"""The ways around the site."""

import pytest


def _current(page):
    (nav,) = page.tree.find_class("masthead__nav")
    return {link.text: link.get("aria-current") for link in nav.iter("a")}


@pytest.mark.parametrize(
    ("address", "current"),
    [
        ("/", {}),
        ("/articles/", {"Stories": "page"}),
        ("/articles/archive/", {"Stories": "true"}),
        ("/sections/", {"Sections": "page"}),
        ("/topics/", {"Sections": "true"}),
        ("/archive/", {"Archive": "page"}),
        ("/archive/2018/02/", {"Archive": "true"}),
    ],
)
def test_navigation_says_where_the_reader_is(read, make_story, address, current):
    make_story("A", 2018, 2, 23, slug="archive")

    marked = {label: how for label, how in _current(read(address)).items() if how}

    assert marked == current


@pytest.mark.parametrize("address", ["/articles/nothing/", "/archive/2018/13/"])
def test_page_that_is_not_there_belongs_to_no_part(read, address):
    assert {*_current(read(address, status=404)).values()} == {None}


def test_navigation_stands_on_every_page(read, make_story):
    assert [*_current(read("/"))][:3] == ["Stories", "Sections", "Archive"]
    assert [*_current(read("/nothing/here/", status=404))][:3] == [
        "Stories",
        "Sections",
        "Archive",
    ]
