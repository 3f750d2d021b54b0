"""Comment texts: from what a reader wrote to the HTML that may be shown."""

import re

import nh3
from articles.html import URL_SCHEMES, clean_with, paragraphs, wordpress_paragraphs
from django.db import models
from markdown_it import MarkdownIt

from comments.choices import BodyFormat

TAGS = {
    "a", "abbr", "b", "blockquote", "br", "cite", "code", "del", "em", "i", "ins",
    "li", "ol", "p", "pre", "q", "strong", "ul",
}  # fmt: skip
# Without an entry for all tags, nh3 would allow some attributes on each.
ATTRIBUTES = {"*": set(), "a": {"href"}, "abbr": {"title"}}

_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    url_schemes=URL_SCHEMES,
    link_rel="nofollow ugc noopener",
)
_markdown = MarkdownIt("commonmark", {"html": False})

# Most comments have no markup, or nothing but paragraphs: the sanitiser would give them
# back as they are, at ten times the cost of looking. Not so with a character that it
# writes in another way, such as a carriage return or a no-break space.
_PLAIN = r"[\t\n\x20-%\x27-;=?-~\xa1-\U0010ffff]*"
_is_plain = re.compile(r"[\t\n\x20-%\x27-;=-~\xa1-\U0010ffff]*").fullmatch
_is_paragraphs = re.compile(rf"(?:<p>{_PLAIN}</p>\n*)+").fullmatch


def render(body: str, body_format: str) -> str:
    """Return a comment's text as HTML from the allow-list, whatever was given.

    Raises ValueError for a format that is not one of `BodyFormat`.
    """
    match BodyFormat(body_format):
        case BodyFormat.TEXT:
            return paragraphs(body)
        case BodyFormat.MARKDOWN:
            return clean_with(_cleaner, _markdown.render(body))
        case BodyFormat.WORDPRESS if _is_plain(body):
            return paragraphs(body)
        case BodyFormat.WORDPRESS:
            return clean_with(_cleaner, wordpress_paragraphs(body))
        case BodyFormat.HTML if _is_paragraphs(body):
            return body
        case BodyFormat.HTML:
            return clean_with(_cleaner, body)


class RenderedBodyField(models.TextField):
    """The HTML of the row's `body`, rendered anew whenever the row is saved."""

    def pre_save(self, model_instance, add):
        html = render(model_instance.body, model_instance.body_format)
        setattr(model_instance, self.attname, html)
        return html
