"""Article bodies: the HTML that may stand in one."""

import re
from collections.abc import Iterator
from html import escape
from itertools import pairwise

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
    """Return plain text as HTML: blank lines part paragraphs, a newline is a break."""
    blocks = _between_blank_lines(escape(text, quote=False))
    return "\n".join(f"<p>{'<br>'.join(block)}</p>" for block in blocks)


_PRE = re.compile(r"(<pre[\s>].*?</pre>)", re.DOTALL)
_BLOCKS = (
    r"(?:address|article|aside|blockquote|dd|div|dl|dt|figcaption|figure|form|h[1-6]|hr"
    r"|iframe|li|ol|p|pre|script|section|style|table|tbody|td|tfoot|th|thead|tr|ul)\b"
)
_BLOCK = re.compile(rf"\s*<(?:!--|/?{_BLOCKS})", re.IGNORECASE)
_ENDS_BLOCK = re.compile(rf"<(?:/{_BLOCKS}|hr\b)[^<>]*>$|^<!--.*-->$", re.IGNORECASE)
_ENDS_WITH_TAG = re.compile(rf"<(?:/?{_BLOCKS}|br\b)[^<>]*>$|-->$", re.IGNORECASE)
_CLOSING = re.compile(rf"</{_BLOCKS}[^<>]*>\s*", re.IGNORECASE)


def wordpress_paragraphs(html: str) -> str:
    """Return HTML as WordPress shows it, where newlines make the paragraphs.

    What stands between blank lines or lines with blocks is a paragraph unless it begins
    with a block of its own; a newline within one is a break, but never beside the tag
    of a block. Not yet sanitised.
    """
    # Only up to the last end tag: each one that is open would be sought to the end.
    last = html.rfind("</pre>") + len("</pre>") if "</pre>" in html else 0
    pieces = []
    for index, part in enumerate([*_PRE.split(html[:last]), "", html[last:]]):
        if index % 2:
            pieces.append(part)
            continue
        for lines in _between_blank_lines(part):
            pieces += map(_as_block, _between_blocks(lines))
    return "\n".join(filter(None, pieces))


def _between_blocks(lines: list[str]) -> Iterator[list[str]]:
    """Yield lines in pieces: one begins with each block, and one after it."""
    piece: list[str] = []
    is_in_tag = False
    for line in lines:
        is_edge = piece and (_BLOCK.match(line) or _ENDS_BLOCK.search(piece[-1]))
        if is_edge and not is_in_tag:
            yield piece
            piece = []
        piece.append(line)
        is_in_tag = _leaves_tag_open(line, is_in_tag)
    yield piece


def _as_block(lines: list[str]) -> str:
    pieces, is_in_tag = [lines[0]], False
    for before, line in pairwise(lines):
        is_in_tag = _leaves_tag_open(before, is_in_tag)
        is_break = not (is_in_tag or _ENDS_WITH_TAG.search(before))
        pieces += ["<br>" if is_break else "\n", line]
    text = "".join(pieces)
    if _BLOCK.match(text):
        return text
    # A block that began in an earlier piece may end with this one.
    end = last = len(text)
    while (last := text.rfind("<", 0, last)) >= 0 and _CLOSING.fullmatch(
        text, last, end
    ):
        end = last
    return f"<p>{text[:end]}</p>{text[end:]}"


def _leaves_tag_open(line: str, was_open: bool) -> bool:
    """Tell whether a line ends within a tag, where a newline is no break."""
    start, end = line.rfind("<"), line.rfind(">")
    if start > end:
        return line[start + 1 : start + 2].isalpha()
    return was_open and end < 0


_SHORTCODE = re.compile(r"\[(caption|sourcecode|code|cc\w*)((?:\s[^\[\]]*)?)\]")
_CODE_IN_PRE = re.compile(r"<pre\s[^<>]*\b(?:lang=|class=[\"']?brush)[^<>]*>", re.I)
# A plugin's modes are letters after `cc`; with `e` the code in it is escaped.
_SAYS_ESCAPED = re.compile(r"\[cc[a-zA-Z]*e|[^>]*\bescaped=[\"']?true", re.IGNORECASE)
_BARE_AMPERSAND = re.compile(r"&(?!#\d+;|#x[0-9a-f]+;|\w+;)", re.IGNORECASE)
_CAPTION = re.compile(r"\bcaption=(?:\"([^\"]*)\"|'([^']*)')")


def wordpress_shortcodes(html: str) -> str:
    """Return an article's HTML with what plugins of WordPress would have made of it.

    Code between shortcodes such as `[sourcecode]` or in a `pre` that names a language
    stands there as it was typed: it is escaped, or its tags would be taken for the
    article's. A `[caption]` becomes a figure. Other shortcodes stay as they are.
    """
    html = _replace_pairs(html, _CODE_IN_PRE, lambda m: "</pre>", _as_code)
    return _replace_pairs(html, _SHORTCODE, lambda m: f"[/{m[1]}]", _from_shortcode)


def _replace_pairs(html, opening, closing_of, replace) -> str:
    """Replace what stands between an opening and the next closing that belongs to it.

    A closing that was not found once is not sought again, so that a megabyte of
    openings costs no more than reading it.
    """
    pieces, place, missing = [], 0, set()
    for match in opening.finditer(html):
        closing = closing_of(match)
        if match.start() < place or closing in missing:
            continue
        end = html.find(closing, match.end())
        if end < 0:
            missing.add(closing)
            continue
        pieces += [html[place : match.start()], replace(match, html[match.end() : end])]
        place = end + len(closing)
    return "".join([*pieces, html[place:]])


def _as_code(match, code: str) -> str:
    """Return what was between two tags for code as such.

    What an editor or the author had escaped already stays so; what they missed, or have
    marked up in it, is shown as text.
    """
    if _is_escaped(match[0], code):
        code = _BARE_AMPERSAND.sub("&amp;", code)
        code = code.replace("<", "&lt;").replace(">", "&gt;")
    else:
        code = escape(code, quote=False)
    return f"<pre><code>{code.strip(chr(10))}</code></pre>"


def _is_escaped(tag: str, code: str) -> bool:
    """Tell whether code was stored with entities for its own special characters."""
    if "<" not in code or _SAYS_ESCAPED.match(tag):
        return True
    escaped = code.count("&lt;") + code.count("&gt;")
    return escaped > code.count("<") + code.count(">")


def _from_shortcode(match, content: str) -> str:
    if match[1] != "caption":
        return _as_code(match, content)
    caption = _CAPTION.search(match[2])
    words = caption and (caption[1] or caption[2])
    below = f"<figcaption>{words}</figcaption>" if words else ""
    return f"<figure>{content.strip()}{below}</figure>"


def _between_blank_lines(text: str) -> Iterator[list[str]]:
    """Yield the lines of each block, stripped.

    By splitting, never by a regular expression over the whole, so that a megabyte of
    newlines costs no more than reading it.
    """
    block: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line.strip():
            block.append(line.strip())
        elif block:
            yield block
            block = []


class _Cleaned(str):
    """HTML that has been sanitised."""

    __slots__ = ()


class ArticleHTMLField(models.TextField):
    """HTML that is sanitised on its way to the database, whichever way it takes."""

    def pre_save(self, model_instance, add):
        # The instance is to hold what the row will.
        html = clean(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, html)
        return _Cleaned(html)

    def get_db_prep_save(self, value, connection):
        # An update of many rows comes here alone.
        if isinstance(value, str):
            value = str(value) if isinstance(value, _Cleaned) else clean(value)
        return super().get_db_prep_save(value, connection)
