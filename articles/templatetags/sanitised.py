"""The one place where stored HTML is trusted."""

import re
from html import unescape

from django import template
from django.template.defaultfilters import truncatewords
from django.utils.html import strip_tags
from django.utils.safestring import mark_safe

register = template.Library()

SENTENCE_END = re.compile(r"[.!?…][\"'”’»)]*$")
FEWEST_WORDS = 5


@register.filter
def sanitised(html):
    """Show HTML that an allow-list has passed when it was saved, and only such.

    That is Article.body, ArticleRevision.body and Comment.body_html.
    """
    return mark_safe(html)  # noqa: S308 (sanitised by the field that saved it)


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
