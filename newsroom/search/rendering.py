"""The HTML of the hits of a page.

Written by hand as that of a thread is, for in a template twenty hits take as long as to
find them. What somebody wrote goes through `escape`; what is marked was escaped before.
"""

from collections.abc import Sequence
from html import escape

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from articles.languages import direction
from newsroom.search.results import Result


def hits_html(results: Sequence[Result]) -> SafeString:
    """Return hits as a list, or "" if there are none."""
    if not results:
        return SafeString()
    writer = _HitWriter()
    hits = "".join(map(writer.item, results))
    return SafeString(f'<ol class="hits">\n{hits}</ol>')


class _HitWriter:
    """Writes the hits of one page; looks words up once for all."""

    def __init__(self):
        self.story = f"<span>{escape(_('Story'))}</span>"
        self.unnamed = (
            '<span class="comment__author comment__author--unnamed" dir="auto">'
            f"{escape(_('Unnamed reader'))}</span>"
        )

    def item(self, hit: Result) -> str:
        language = escape(hit.language)
        lang = f' lang="{language}"' if language or not hit.is_comment else ""
        heading = self.comment(hit) if hit.is_comment else self.headline(hit)
        return (
            f'<li class="hits__item" dir="{direction(hit.language) or "auto"}">\n'
            f"{heading}\n"
            f'<p class="hits__snippet"{lang}>{hit.snippet}</p>\n'
            f'<p class="teaser__line">{self.place(hit)}</p>\n</li>\n'
        )

    def headline(self, hit: Result) -> str:
        return (
            f'<h3 class="hits__heading" lang="{escape(hit.language)}">'
            f'<a href="{escape(hit.address)}">{hit.label}</a></h3>'
        )

    def comment(self, hit: Result) -> str:
        author = self.unnamed
        if hit.author:
            name = escape(hit.author)
            author = f'<span class="comment__author" dir="auto">{name}</span>'
        return (
            f'<h3 class="hits__heading"><a href="{escape(hit.address)}" dir="auto">'
            f"{hit.label}</a> {author}{self.answers(hit)}</h3>"
        )

    def answers(self, hit: Result) -> str:
        if not hit.answers:
            return ""
        answered = escape(hit.answered_author)
        whom = f" <bdi>{answered}</bdi>" if answered else ""
        return f', <bdi class="hits__answers">{escape(hit.answers)}{whom}</bdi>'

    def place(self, hit: Result) -> str:
        """Return where the hit stands: its story, section and date."""
        parts = [self.story]
        if hit.is_comment:
            lang, headline = escape(hit.story_language), escape(hit.headline)
            parts = [f'<cite dir="auto" lang="{lang}">{headline}</cite>']
        if hit.section:
            parts.append(f"<span>{escape(hit.section)}</span>")
        date = escape(hit.date)
        if exact := hit.machine_readable_date:
            parts.append(f'<time datetime="{exact}">{date}</time>')
        else:
            parts.append(f"<span>{date}</span>")
        return " ".join(parts)
