"""The ways around the site, on every page."""

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import pgettext_lazy

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


@register.inclusion_tag("_navigation.html", takes_context=True)
def navigation(context):
    """Name the parts of the site, and say which one the page belongs to."""
    request = context.get("request")
    path = request.path if request else ""
    links = []
    for label, names in PARTS:
        try:
            addresses = [reverse(name) for name in names]
        except NoReverseMatch:
            continue  # A site without this part.
        current = "true" if path.startswith(tuple(addresses)) else ""
        if path == addresses[0]:
            current = "page"
        links.append({"label": label, "address": addresses[0], "current": current})
    return {"links": links}
