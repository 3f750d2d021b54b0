"""What a page shows of its hits: each with its place and a marked piece of its text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from articles import dates
from articles.prepared import prepared_rows
from articles.search import PARTING_SLASH, SEARCHABLE_LENGTH, SLASH, Stemmer
from comments import threads
from newsroom.search.conditions import COMMENT_IS_PUBLIC, STORY_IS_OUT
from newsroom.search.hits import COMMENT, STORY, Hit
from newsroom.search.words import Query

# What a text may hold of these is taken out of it first, so they mark hits alone.
START, STOP = "\ue000", "\ue001"
# A text that is no longer than this is shown whole.
SHORT_LENGTH = 220

# Pieces that begin or end with so many signs of the text begin or end with it.
_EDGE = 12

# Sanitised HTML without its tags; entities stay. A tag parts words, unless it is one
# that stands within a line.
_ATTRIBUTES = '( ([^>"]|"[^"]*")*)?'
_PLAIN = f"""
    replace(
        btrim(regexp_replace(regexp_replace(left(html, {SEARCHABLE_LENGTH}),
            '</?(a|abbr|b|cite|code|del|em|i|ins|q|s|strong|sub|sup|u){_ATTRIBUTES}>',
            '', 'g'), '</?[a-z0-9]+{_ATTRIBUTES}>', ' ', 'g')),
        '{SLASH}', '{PARTING_SLASH}'
    )
"""
_MARKS = f'StartSel="{START}", StopSel="{STOP}"'
_WHOLE = f"{_MARKS}, HighlightAll=true"
_PIECES = (
    f"{_MARKS}, MaxFragments=2, MaxWords=26, MinWords=12, ShortWord=0,"
    ' FragmentDelimiter=" … "'
)
# Read in its own language, or where that finds nothing as it is written: a name. Words
# that the language passes over are first sought as they are written.
_PASSED_OVER = "config = ANY(%(passed_over)s::regconfig[])"
_SNIPPET = f"""
    coalesce(
        substring(ts_headline(
            CASE WHEN {_PASSED_OVER} THEN 'simple'::regconfig ELSE config END,
            text, %(query)s::tsquery, options) FROM '^.*{START}.*$'),
        ts_headline(
            CASE WHEN {_PASSED_OVER} THEN config ELSE 'simple'::regconfig END,
            text, %(query)s::tsquery, options)
    )
"""
_OPTIONS = f"""
    CASE WHEN length(text) <= {SHORT_LENGTH} THEN %(whole)s ELSE %(pieces)s END
"""
# One statement gives all that is shown of the hits of a kind: each costs as much as it
# reads.
_STORIES = f"""
    WITH found AS MATERIALIZED (
        SELECT story.id, story.slug, story.language, published_at, published_precision,
            coalesce(section.name, '') AS section,
            {Stemmer.template % {"expressions": "story.language"}} AS config,
            translate(replace(headline, '{SLASH}', '{PARTING_SLASH}'),
                '{START}{STOP}', '') AS headline,
            translate({_PLAIN.replace("html", "standfirst || ' ' || body")},
                '{START}{STOP}', '') AS plain
        FROM articles_article AS story
        LEFT JOIN articles_section AS section ON section.id = story.section_id
        WHERE story.id = ANY(%(keys)s) AND {STORY_IS_OUT}
    )
    SELECT id, headlines.snippet, texts.snippet, plain,
        slug, language, section, published_at, published_precision
    FROM found, LATERAL (
        SELECT {_SNIPPET} AS snippet
        FROM (SELECT headline AS text, %(whole)s AS options) AS text
    ) AS headlines, LATERAL (
        SELECT {_SNIPPET} AS snippet
        FROM (SELECT plain AS text, {_OPTIONS.replace("text", "plain")} AS options)
            AS text
    ) AS texts
"""  # noqa: S608 (no text of others in it)
_COMMENTS = f"""
    WITH found AS MATERIALIZED (
        SELECT said.id, said.number, said.author_name, said.language, said.posted_at,
            said.posted_precision, said.parent_id, parent.number AS parent_number,
            parent.author_name AS parent_name, discussion.last_number,
            story.slug, story.headline, story.language AS story_language,
            coalesce(section.name, '') AS section,
            {Stemmer.template % {"expressions": "said.language"}} AS config,
            translate({_PLAIN.replace("html", "said.body_html")},
                '{START}{STOP}', '') AS text
        FROM comments_comment AS said
        JOIN comments_discussion AS discussion
            ON discussion.article_id = said.discussion_id
        JOIN articles_article AS story ON story.id = said.discussion_id
        LEFT JOIN articles_section AS section ON section.id = story.section_id
        LEFT JOIN comments_comment AS parent ON parent.id = said.parent_id
            AND parent.status = 'public' AND parent.kind = 'comment'
        WHERE said.id = ANY(%(keys)s) AND {COMMENT_IS_PUBLIC} AND {STORY_IS_OUT}
    ), with_options AS (SELECT *, {_OPTIONS} AS options FROM found)
    SELECT id, {_SNIPPET}, text, slug, headline, story_language, section,
        number, author_name, language, posted_at, posted_precision,
        last_number, parent_id, parent_number, parent_name
    FROM with_options
"""  # noqa: S608 (no text of others in it)


@dataclass(slots=True)
class Result:
    """A hit with what is shown of it, ready for the page.

    Of a story, `label` is its headline with the words marked; of a comment, its number.
    It and the snippet are HTML; all else is text.
    """

    address: str
    label: SafeString
    snippet: SafeString
    language: str
    section: str
    date: str
    machine_readable_date: str
    # Of a comment: the story it is below, who wrote it, and what it answers.
    is_comment: bool = False
    headline: str = ""
    story_language: str = ""
    author: str = ""
    answers: str = ""
    answered_author: str = ""


def results_of(hits: Sequence[Hit], query: Query) -> list[Result]:
    """Return what to show of these hits, in their order.

    What was hidden since they were found is left out.
    """
    shown = {}
    for kind, results in ((STORY, _stories), (COMMENT, _comments)):
        if keys := [hit.pk for hit in hits if hit.kind == kind]:
            shown |= {(kind, pk): result for pk, result in results(keys, query)}
    places = ((hit.kind, hit.pk) for hit in hits)
    return [shown[place] for place in places if place in shown]


def _stories(keys: list[int], query: Query) -> Iterator[tuple[int, Result]]:
    for pk, headline, snippet, text, slug, language, section, *date in _rows(
        _STORIES, keys, query
    ):
        yield (
            pk,
            Result(
                reverse("article-detail", args=[slug]),
                _marked(headline),
                _marked(unescape(_open_ended(snippet, text))),
                language,
                section,
                dates.describe(*date),
                dates.machine_readable(*date),
            ),
        )


def _comments(keys: list[int], query: Query) -> Iterator[tuple[int, Result]]:
    for row in _rows(_COMMENTS, keys, query):
        pk, snippet, text, slug, headline, story_language, section, *row = row
        number, author, language, at, precision, last_number, *parent = row
        answers, answered_author = _answered(*parent)
        yield (
            pk,
            Result(
                threads.comment_address(slug, last_number, number, pk),
                _marked(_("Comment #%(number)s") % {"number": number}),
                _marked(unescape(_open_ended(snippet, text))),
                language,
                section,
                dates.describe(at, precision),
                dates.machine_readable(at, precision),
                is_comment=True,
                headline=headline,
                story_language=story_language,
                author=author,
                answers=answers,
                answered_author=answered_author,
            ),
        )


def _answered(parent: int | None, number: int | None, author: str | None):
    """Say what a comment answers, and whom if readers may see that."""
    if parent is None:
        return "", ""
    if number is None:
        return _("in reply to a comment that is not shown"), ""
    return _("in reply to #%(number)s") % {"number": number}, author


def _rows(statement: str, keys: list[int], query: Query) -> list[tuple]:
    asked = {"query": query.text, "passed_over": query.passed_over}
    options = {"whole": _WHOLE, "pieces": _PIECES}
    return prepared_rows(statement, {"keys": keys} | asked | options)


def _open_ended(snippet: str, text: str) -> str:
    """Return the pieces of a text with dots where it has more before or after them."""
    pieces = re.sub(f"[{START}{STOP}]", "", snippet)
    before = "" if text.startswith(pieces[:_EDGE]) else "… "
    after = "" if pieces[-_EDGE:] in text[-2 * _EDGE :] else " …"
    return f"{before}{snippet}{after}"


def _marked(text: str) -> SafeString:
    """Return text as HTML, all of it escaped, with its hits marked."""
    html = escape(text.replace(PARTING_SLASH, SLASH))
    return SafeString(html.replace(START, "<mark>").replace(STOP, "</mark>"))
