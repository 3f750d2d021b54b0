"""Article bodies: the HTML that may stand in one."""

import re
from html import escape

import nh3
from django.db import models

# No SVG, no MathML, no frames: what a sanitiser does not know cannot surprise it.
TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "del", "em",
    "figcaption", "figure", "h2", "h3", "h4", "hr", "i", "img", "ins", "li", "ol", "p",
    "pre", "q", "s", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "del": {"datetime"},
    "img": {"src", "alt", "width", "height"},
    "ins": {"datetime"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
URL_SCHEMES = {"http", "https", "mailto"}

_NEWLINES_IN_PRE = re.compile(r"(<pre(?: [^<>]*)?>)\n+")
_MOST_ROUNDS = 10

_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    url_schemes=URL_SCHEMES,
    link_rel="noopener",
)


def clean(html: str) -> str:
    """Return `html` with all that is not on the allow-list removed."""
    return clean_with(_cleaner, html)


def clean_with(cleaner: nh3.Cleaner, html: str) -> str:
    """Clean until nothing changes, so that what is saved again stays as it is.

    Some wrongly nested tags come apart only when they are read a second time, and the
    newlines a `pre` starts with would get lost one at each reading.
    """
    for _ in range(_MOST_ROUNDS):
        cleaned = _NEWLINES_IN_PRE.sub(r"\1", cleaner.clean(html))
        if cleaned == html:
            break
        html = cleaned
    return html


def paragraphs(text: str) -> str:
    """Return plain text as HTML: a blank line parts paragraphs, a newline is a break.

    Blank lines are found by splitting, never by a regular expression over the whole,
    so that a megabyte of newlines costs no more than reading it.
    """
    blocks, block = [], []
    for line in [*text.splitlines(), ""]:
        if line.strip():
            block.append(escape(line.strip(), quote=False))
        elif block:
            blocks.append(f"<p>{'<br>'.join(block)}</p>")
            block = []
    return "\n".join(blocks)


class ArticleHTMLField(models.TextField):
    """HTML that is sanitised on its way to the database, whichever way it takes."""

    def pre_save(self, model_instance, add):
        # The instance is to hold what the row will.
        html = clean(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, html)
        return html

    def get_db_prep_save(self, value, connection):
        html = clean(value) if isinstance(value, str) else value
        return super().get_db_prep_save(html, connection)
