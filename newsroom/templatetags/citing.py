"""What the head of a page tells programs, and the data that stands in it."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from articles.choices import Precision
from newsroom.citing import linked_data

register = template.Library()


@register.simple_tag(takes_context=True)
def canonical_link(context, path=""):
    """Name the address under which the page is to be known: its own, or another."""
    request = context["request"]
    url = request.build_absolute_uri(path or request.path)
    return format_html('<link rel="canonical" href="{}">', url)


@register.inclusion_tag("citing/_story_head.html", takes_context=True)
def story_metadata(context, article):
    """Describe a story for reference managers and for links to it elsewhere."""
    request = context["request"]
    is_dated = article.published_precision != Precision.UNKNOWN
    return {
        "site_name": context["site_name"],
        "article": article,
        "url": request.build_absolute_uri(article.get_absolute_url()),
        # As exact as is known; Zotero reads any of them.
        "date": article.published_machine_readable[:10] if is_dated else "",
    }


@register.inclusion_tag("citing/_comment_head.html", takes_context=True)
def comment_metadata(context, comment, article):
    """Describe a comment for links to it elsewhere; nothing of it if it was removed."""
    request = context["request"]
    return {
        "site_name": context["site_name"],
        "article": article,
        "comment": comment,
        "url": request.build_absolute_uri(comment.get_absolute_url()),
    }


@register.simple_tag(takes_context=True)
def story_data(context, article, discussion, page):
    """Give a story and the comments on its page as linked data.

    It is a block of data, which no policy takes for a script; nothing in it can end it.
    """
    absolute = context["request"].build_absolute_uri
    data = linked_data.story(article, discussion, page.entries, absolute)
    element = f'<script type="application/ld+json">{data}</script>'
    return mark_safe(element)  # noqa: S308 (escaped by linked_data.in_page)
