"""The one place where stored HTML is trusted."""

import re
from html import unescape

from django import template
from django.template.defaultfilters import truncatewords
from django.utils.html import strip_tags
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

register = template.Library()

SENTENCE_END = re.compile(r"[.!?…][\"'”’»)]*$")
FEWEST_WORDS = 5

# As the sanitiser writes them: lower case, values in double quotes.
_LINKS_AND_PICTURES = re.compile(r'<a(?= |>)|</a>|<img(?: [a-z]+(?:="[^"]*")?)*>')
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_ELSEWHERE = re.compile(r"(?:https?:)?//", re.IGNORECASE)


@register.filter
def sanitised(html):
    """Show HTML that an allow-list has passed when it was saved, and only such.

    That is Article.body, ArticleRevision.body and Comment.body_html.
    """
    return mark_safe(html)  # noqa: S308 (sanitised by the field that saved it)


@register.filter
def linked_pictures(html):
    """Show sanitised HTML with links to the pictures of other sites in their place.

    The policy lets a page load nothing from elsewhere, so nobody there learns who reads
    what, and an address that is gone leaves no hole. Within a link it is words alone.
    """
    if "<img" not in html:
        return sanitised(html)
    is_in_link = False

    def replace(match):
        nonlocal is_in_link
        tag = match[0]
        if tag[:4] != "<img":
            is_in_link = tag[1] != "/"
            return tag
        attributes = dict(_ATTRIBUTE.findall(tag))
        address = attributes.get("src", "")
        if not _ELSEWHERE.match(address):
            return tag
        name = attributes.get("alt") or address.rstrip("/").rpartition("/")[2]
        # Within an attribute these may stand as they are.
        name = name.replace("<", "&lt;").replace(">", "&gt;")
        words = gettext("Picture: %(name)s") % {"name": name}
        if is_in_link:
            return f"[{words}]"
        return f'<a href="{address}" rel="noopener external">[{words}]</a>'

    return sanitised(_LINKS_AND_PICTURES.sub(replace, html))


@register.filter
def opening_sentence(html, most_words):
    """Return the first sentence of sanitised HTML as plain text, still to be escaped.

    A longer sentence is cut after `most_words`.
    """
    text = " ".join(unescape(strip_tags(html.replace("</p>", " "))).split())
    words = text.split(" ", most_words + 1)[: most_words + 1]
    for end, word in enumerate(words[:most_words], 1):
        if end >= FEWEST_WORDS and SENTENCE_END.search(word):
            return " ".join(words[:end])
    return truncatewords(text, most_words)
