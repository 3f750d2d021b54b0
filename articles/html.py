"""Article bodies: the HTML that may stand in one."""

import nh3
from django.db import models
from django.utils.html import escape

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
    "blockquote": {"cite"},
    "del": {"datetime"},
    "img": {"src", "alt", "width", "height"},
    "ins": {"datetime"},
    "ol": {"start"},
    "q": {"cite"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
URL_SCHEMES = {"http", "https", "mailto"}

_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    url_schemes=URL_SCHEMES,
    link_rel="noopener",
)


def clean(html: str) -> str:
    """Return `html` with all that is not on the allow-list removed."""
    return _cleaner.clean(html)


def paragraphs(text: str) -> str:
    """Return plain text as HTML: a blank line parts paragraphs, a newline is a break.

    Blank lines are found by splitting, never by a regular expression over the whole,
    so that a megabyte of newlines costs no more than reading it.
    """
    blocks, block = [], []
    for line in [*text.splitlines(), ""]:
        if line.strip():
            block.append(escape(line.strip()))
        elif block:
            blocks.append(f"<p>{'<br>'.join(block)}</p>")
            block = []
    return "\n".join(blocks)


class ArticleHTMLField(models.TextField):
    """HTML that is sanitised whenever it is saved, whoever saves it."""

    def pre_save(self, model_instance, add):
        html = clean(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, html)
        return html
