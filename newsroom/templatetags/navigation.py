"""The ways around the site, on every page."""

from contextlib import suppress
from functools import cache

from django import template
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.translation import get_language, pgettext_lazy

register = template.Library()

# The parts of the site, each with the pages that belong to it.
PARTS = [
    (pgettext_lazy("part of the site", "Stories"), ["article-list"]),
    (
        pgettext_lazy("part of the site", "Sections"),
        ["section-list", "topic-list", "author-list"],
    ),
    (pgettext_lazy("part of the site", "Archive"), ["archive"]),
    (pgettext_lazy("part of the site", "Search"), ["search"]),
]


@register.simple_tag(takes_context=True)
def navigation(context):
    """Name the parts of the site, and say which one the page belongs to.

    What is not there belongs to none of them.
    """
    request = context.get("request")
    path = request.path if request and not context.get("is_nowhere") else ""
    prefix = get_script_prefix()
    here = [
        "page" if path == addresses[0] else "true" if path.startswith(addresses) else ""
        for _, addresses in _parts(prefix)
    ]
    return _links(tuple(here), prefix, get_language())


@cache
def _links(here: tuple[str, ...], prefix: str, _language: str | None) -> str:
    """Return the links; `here` says for each whether it leads to where the page is."""
    links = [
        {"label": label, "address": addresses[0], "current": current}
        for (label, addresses), current in zip(_parts(prefix), here, strict=True)
    ]
    return render_to_string("_navigation.html", {"links": links})


@cache
def _parts(_script_prefix):
    """Return the parts that this site has, with their addresses where it is mounted."""
    parts = []
    for label, names in PARTS:
        # A site may be without one.
        with suppress(NoReverseMatch):
            parts.append((label, tuple(reverse(name) for name in names)))
    return parts
