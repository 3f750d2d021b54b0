"""What a page shows of its hits: each with its place and a marked piece of its text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

from django.db import connection
from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from articles.models import Article
from articles.search import SEARCHABLE_LENGTH, Stemmer
from comments import threads
from comments.models import Comment
from newsroom.search.finding import COMMENT, STORY, Hit

# What a text may hold of these is taken out of it first, so they mark hits alone.
START, STOP = "\ue000", "\ue001"
# A text that is no longer than this is shown whole.
SHORT_LENGTH = 220

# Pieces that begin or end with so many signs of the text begin or end with it.
_EDGE = 12

_STEMMER = Stemmer.template % {"expressions": "language"}
# Sanitised HTML without its tags; entities stay. A tag parts words, unless it is one
# that stands within a line.
_ATTRIBUTES = '( ([^>"]|"[^"]*")*)?'
_PLAIN = f"""
    btrim(regexp_replace(regexp_replace(left(html, {SEARCHABLE_LENGTH}),
        '</?(a|abbr|b|cite|code|del|em|i|ins|q|s|strong|sub|sup|u){_ATTRIBUTES}>',
        '', 'g'), '</?[a-z0-9]+{_ATTRIBUTES}>', ' ', 'g'))
"""
_MARKS = f'StartSel="{START}", StopSel="{STOP}"'
_WHOLE = f"{_MARKS}, HighlightAll=true"
_PIECES = (
    f"{_MARKS}, MaxFragments=2, MaxWords=26, MinWords=12, ShortWord=0,"
    ' FragmentDelimiter=" … "'
)
# Read in its own language, or where that finds nothing as it is written: a name, or
# words that the language passes over.
_STORY_TEXT = _PLAIN.replace("html", "standfirst || ' ' || body")
_COMMENT_TEXT = _PLAIN.replace("html", "body_html")
_SNIPPETS = f"""
    WITH found AS MATERIALIZED (
        SELECT 'headline' AS kind, id, {_STEMMER} AS config, headline AS text
        FROM articles_article WHERE id = ANY(%(stories)s)
        UNION ALL
        SELECT 's', id, {_STEMMER}, {_STORY_TEXT}
        FROM articles_article WHERE id = ANY(%(stories)s)
        UNION ALL
        SELECT 'c', id, {_STEMMER}, {_COMMENT_TEXT}
        FROM comments_comment WHERE id = ANY(%(comments)s)
    ), bare AS MATERIALIZED (
        SELECT kind, id, config, translate(text, '{START}{STOP}', '') AS text,
            CASE WHEN kind = 'headline' OR length(text) <= {SHORT_LENGTH}
            THEN %(whole)s ELSE %(pieces)s END AS options
        FROM found
    )
    SELECT kind, id, coalesce(
        substring(ts_headline(config, text, %(query)s::tsquery, options)
            FROM '^.*{START}.*$'),
        ts_headline('simple', text, %(query)s::tsquery, options)
    ), text FROM bare
"""  # noqa: S608 (no text of others in it)


@dataclass
class Result:
    """A hit with what is shown of it. `comment` is None where it is a story."""

    story: Article
    headline: SafeString
    snippet: SafeString
    address: str
    comment: Comment | None = None

    @property
    def answered(self) -> Comment | None:
        """The comment that this one answers, if readers may see it."""
        parent = self.comment.parent
        return parent if parent and parent.is_public else None


def results_of(hits: Sequence[Hit], query: str) -> list[Result]:
    """Return what to show of these hits, in their order.

    What was hidden since they were found is left out.
    """
    stories = [hit.pk for hit in hits if hit.kind == STORY]
    comments = [hit.pk for hit in hits if hit.kind == COMMENT]
    texts = _snippets(stories, comments, query)
    shown = {}
    for story in Article.objects.published().filter(pk__in=stories).for_lists():
        headline = _marked(texts["headline", story.pk])
        snippet = _marked(unescape(texts[STORY, story.pk]))
        address = story.get_absolute_url()
        shown[STORY, story.pk] = Result(story, headline, snippet, address)
    for comment in _with_places(comments):
        story = comment.discussion.article
        snippet = _marked(unescape(texts[COMMENT, comment.pk]))
        address = threads.address_in_discussion(comment)
        shown[COMMENT, comment.pk] = Result(
            story, format_html("{}", story.headline), snippet, address, comment
        )
    places = ((hit.kind, hit.pk) for hit in hits)
    return [shown[place] for place in places if place in shown]


def _snippets(stories: list[int], comments: list[int], query: str) -> dict:
    """Return for each text the pieces that have the words, or its beginning."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SNIPPETS,
            {
                "stories": stories,
                "comments": comments,
                "query": query,
                "whole": _WHOLE,
                "pieces": _PIECES,
            },
        )
        return {(kind, pk): _open_ended(*texts) for kind, pk, *texts in cursor}


def _open_ended(snippet: str, text: str) -> str:
    """Return the pieces of a text with dots where it has more before or after them."""
    pieces = re.sub(f"[{START}{STOP}]", "", snippet)
    before = "" if text.startswith(pieces[:_EDGE]) else "… "
    after = "" if pieces[-_EDGE:] in text[-2 * _EDGE :] else " …"
    return f"{before}{snippet}{after}"


def _with_places(keys: list[int]) -> QuerySet:
    """Return comments with the story they stand below and the one they answer."""
    not_shown = ("body", "body_html", "search_vector", "created_at", "path")
    comments = Comment.objects.public().filter(
        pk__in=keys, discussion__article__in=Article.objects.published()
    )
    comments = comments.with_story().select_related("parent")
    return comments.defer(*not_shown, *(f"parent__{name}" for name in not_shown))


def _marked(text: str) -> SafeString:
    """Return text as HTML, all of it escaped, with its hits marked."""
    before, *pieces = text.split(START)
    hits = (piece.partition(STOP)[::2] for piece in pieces)
    marked = format_html_join("", "<mark>{}</mark>{}", hits)
    return format_html("{}{}", before, marked)
