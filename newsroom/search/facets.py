"""The facets of a search for its page: those in use, and those that would narrow it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from articles import dates
from articles.models import BEFORE_ALL
from articles.prepared import prepared_rows
from newsroom.search import languages
from newsroom.search.hits import COMMENT, STORY, Hit, Kind, moment

MOST_VALUES = 8
# In microseconds, as times of hits are.
_DAY = 24 * 3600 * 1_000_000
# In the order in which they are shown.
FACETS = (
    "kind",
    "story",
    "section",
    "topic",
    "author",
    "since",
    "until",
    "language",
    "source",
    "replies",
)
# Those that stand together in the form.
FIELDS = FACETS[2:]

# Each with its number of hits, most first: of a story for the story and all comments.
_NAMED = """
    WITH story (id, hits) AS (
        SELECT * FROM unnest(%(stories)s::bigint[], %(hits)s::bigint[])
    ),
    hit_record (source_id, hits) AS (
        SELECT source_id, count(DISTINCT article_id) FROM archive_record
        WHERE article_id = ANY(%(articles)s) GROUP BY source_id
        UNION ALL
        SELECT source_id, count(DISTINCT comment_id) FROM archive_record
        WHERE comment_id = ANY(%(comments)s) GROUP BY source_id
    )
    (SELECT 'section', section.slug, section.name, sum(hits) AS total
        FROM story JOIN articles_article AS article USING (id)
        JOIN articles_section AS section ON section.id = article.section_id
        GROUP BY section.slug, section.name ORDER BY total DESC, 3 LIMIT %(most)s)
    UNION ALL
    (SELECT 'topic', topic.slug, topic.name, sum(hits) AS total
        FROM story JOIN articles_article_topics AS link ON link.article_id = story.id
        JOIN articles_topic AS topic ON topic.id = link.topic_id
        GROUP BY topic.slug, topic.name ORDER BY total DESC, 3 LIMIT %(most)s)
    UNION ALL
    (SELECT 'author', author.slug, author.name, sum(hits) AS total
        FROM story JOIN articles_byline AS byline ON byline.article_id = story.id
        JOIN articles_author AS author ON author.id = byline.author_id
        GROUP BY author.slug, author.name ORDER BY total DESC, 3 LIMIT %(most)s)
    UNION ALL
    (SELECT 'source', source.id::text, source.name, sum(hits) AS total
        FROM hit_record JOIN archive_source AS source ON source.id = source_id
        GROUP BY source.id, source.name ORDER BY total DESC, 3 LIMIT %(most)s)
"""


@dataclass
class Value:
    """A value of a facet, with the address that narrows to it or drops it."""

    text: str
    address: str
    hits: int | None = None
    language: str = ""


@dataclass
class Facet:
    name: str
    label: str
    values: list[Value]


def address_with(data: QueryDict, **changes) -> str:
    """Return the query string with these changes, from the first page on.

    None drops a parameter, and those that are empty go, too.
    """
    kept = {name: data[name] for name in data if name != "after"} | changes
    return f"?{urlencode({name: value for name, value in kept.items() if value})}"


def in_use(filters) -> list[Facet]:
    """Return the facets a search is narrowed by, each with a link that drops it."""
    form = filters.form
    facets = []
    for name in FACETS:
        if value := form.cleaned_data.get(name):
            address = address_with(filters.data, **{name: None})
            text, language = _in_words(form, name, value)
            shown = Value(text, address, language=language)
            facets.append(Facet(name, form.fields[name].label, [shown]))
    return facets


def _in_words(form, name, value) -> tuple[str, str]:
    """Return a facet's value as readers know it, and the language if it is a text."""
    if name == "story":
        return value.headline, value.language
    if name in ("kind", "section", "language", "source"):
        return str(dict(form.fields[name].choices)[value]), ""
    if name in ("since", "until"):
        return form.data[name].strip(), ""
    if name == "replies":
        return _("yes"), ""
    return str(value), ""


def narrowing(filters, hits: Sequence[Hit]) -> list[Facet]:
    """Return the facets that would narrow a search, with how many of its hits each has.

    Only those of which the hits have several values, and that are not in use yet.
    """
    form = filters.form
    # One file, and nothing to choose.
    has_sources = len([*form.fields["source"].choices][1:]) > 1
    found = {name: [*values] for name, values in _counted(hits, has_sources)}
    facets = []
    for name, values in found.items():
        is_used = form.cleaned_data.get("since" if name == "year" else name)
        if is_used or len(values) < 2:
            continue
        label = _("Year") if name == "year" else form.fields[name].label
        shown = [
            Value(text, address_with(filters.data, **_changes(name, value)), hits)
            for value, text, hits in values
        ]
        facets.append(Facet(name, label, shown))
    return facets


def _changes(name, value):
    return {"since": value, "until": value} if name == "year" else {name: value}


def _counted(
    hits: Sequence[Hit], has_sources: bool
) -> Iterator[tuple[str, list[tuple[str, str, int]]]]:
    """Yield each facet's name with its values: for the address, in words, hits."""
    kinds = Counter(hit.kind for hit in hits)
    yield (
        "kind",
        [
            (kind.value, str(kind.label), kinds[letter])
            for kind, letter in ((Kind.STORY, STORY), (Kind.COMMENT, COMMENT))
            if kinds[letter]
        ],
    )
    named = _named(hits, of_sources=hits if has_sources else [])
    for name in ("section", "topic", "author"):
        yield name, named[name]
    years = Counter(_year(hit) for hit in hits)
    del years[BEFORE_ALL.year]
    common = sorted(years.most_common(MOST_VALUES * 2))
    yield "year", [(f"{year:04}", f"{year:04}", count) for year, count in common]
    codes = Counter(hit.code for hit in hits if hit.code)
    spoken = [(code, languages.name_of(code), count) for code, count in codes.items()]
    spoken.sort(key=lambda language: (-language[2], language[1]))
    yield "language", spoken[:MOST_VALUES]
    yield "source", named["source"]


def _year(hit: Hit) -> int:
    """Return the year that a text is of, in the site's time zone if it has a time."""
    if year := _year_of_day(hit.at // _DAY):
        return year
    return dates.date_of(moment(hit.at), hit.precision).year


@lru_cache(maxsize=10_000)
def _year_of_day(day: int) -> int | None:
    """Return the year of a day since 1970, or None if it is another in some zone."""
    at = moment(day * _DAY)
    is_edge = (at.month, at.day) in ((12, 31), (1, 1)) and at > BEFORE_ALL
    return None if is_edge else at.year


def _named(
    hits: Sequence[Hit], of_sources: Sequence[Hit]
) -> dict[str, list[tuple[str, str, int]]]:
    stories = Counter(hit.story for hit in hits)
    named = {"section": [], "topic": [], "author": [], "source": []}
    parameters = {
        "stories": [*stories.keys()],
        "hits": [*stories.values()],
        "articles": [hit.pk for hit in of_sources if hit.kind == STORY],
        "comments": [hit.pk for hit in of_sources if hit.kind == COMMENT],
        "most": MOST_VALUES,
    }
    for name, value, text, count in prepared_rows(_NAMED, parameters):
        named[name].append((value, text, int(count)))
    return named
