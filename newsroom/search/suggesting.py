"""What may help when nothing was found: other spellings, fewer words, fewer facets."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.db import connection

from articles.addresses import address_of
from articles.prepared import prepared_rows
from newsroom.search import facets, words
from newsroom.search.conditions import COMMENT_IS_PUBLIC, STORY_IS_OUT
from newsroom.search.facets import Value
from newsroom.search.finding import Search, words_first
from newsroom.search.hits import Order

MOST_SUGGESTIONS = 5
MOST_AUTHORS = 3
# So many hits of each are counted.
MOST_COUNTED = 100
SECONDS_FOR_HELP = 2
_SHORTEST, _LONGEST = 3, 30

_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyzäöüßáâãåæçéèêíñóôõøú",
    "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ",
    "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώ",
)

# Each word is looked up in the index; almost none is there, and that costs next to
# nothing. Of one that is, so many texts that readers may see are enough to weigh it.
_SPELLINGS = f"""
    SELECT word FROM unnest(%(words)s::text[]) AS word, LATERAL (
        SELECT count(*) AS texts FROM (
            SELECT 1 FROM comments_comment AS said
            JOIN articles_article AS story ON story.id = said.discussion_id
            WHERE said.search_vector @@ word::tsquery
            AND {COMMENT_IS_PUBLIC} AND {STORY_IS_OUT} LIMIT 50
        ) AS comment
    ) AS said, LATERAL (
        SELECT count(*) AS texts FROM (
            SELECT 1 FROM articles_article AS story
            WHERE search_vector @@ word::tsquery AND {STORY_IS_OUT} LIMIT 50
        ) AS article
    ) AS told
    WHERE said.texts + told.texts > 0
    ORDER BY said.texts + told.texts DESC, word LIMIT 1
"""  # noqa: S608 (no text of others in it)


# The last word of each term may be the beginning of one in the name; of a double name,
# each half is a word.
_AUTHORS = f"""
    SELECT name, slug FROM articles_author AS author
    WHERE to_tsvector('simple'::regconfig, COALESCE(name, '')) @@ (
        SELECT string_agg('(' || words || ':*)', ' & ')::tsquery
        FROM unnest(%(terms)s::text[]) AS term,
            CAST(phraseto_tsquery('simple', translate(term, '-', ' ')) AS text) AS words
        WHERE words <> ''
    ) AND EXISTS (
        SELECT 1 FROM articles_byline AS link
        JOIN articles_article AS story ON story.id = link.article_id
        WHERE link.author_id = author.id AND {STORY_IS_OUT}
    )
    ORDER BY sort_key, id LIMIT %(most)s
"""  # noqa: S608 (no text of others in it)


class Suggestions:
    """What a search that found nothing could be instead, where that finds something.

    Each is a Value: the words or the facet, the address, and how many hits it has.
    """

    def __init__(self, filters, configs: Sequence[str]):
        self.filters, self.configs = filters, configs
        self.alternatives = filters.form.cleaned_data["q"]
        self.kind = filters.form.cleaned_data["kind"]
        self.deadline = time.monotonic() + SECONDS_FOR_HELP

    @property
    def is_late(self) -> bool:
        return time.monotonic() > self.deadline

    def all(self) -> dict:
        return {
            "spelling": self.spelling(),
            "facets": self.fewer_facets(),
            "words": self.fewer_words(),
        }

    def spelling(self) -> Value | None:
        """Return the query with those words corrected that occur nowhere."""
        corrected = [
            words.Alternative([*map(self._corrected, found.terms)])
            for found in self.alternatives
        ]
        return None if corrected == self.alternatives else self._with_words(corrected)

    def fewer_words(self) -> list[Value]:
        """Return the query without one of its words, in each way."""
        terms = self.alternatives[0].terms
        if len(self.alternatives) > 1 or not 1 < len(terms) <= MOST_SUGGESTIONS:
            return []
        shorter = (
            words.Alternative([*terms[:at], *terms[at + 1 :]])
            for at in range(len(terms))
        )
        found = (self._with_words([rest]) for rest in shorter if rest.wanted)
        return [*filter(None, found)]

    def fewer_facets(self) -> list[Value]:
        """Return the facets in use, each with what would be found without it."""
        suggestions = []
        for facet in facets.in_use(self.filters)[:MOST_SUGGESTIONS]:
            (value,) = facet.values
            kind = "" if facet.name == "kind" else self.kind
            filters = self.filters.without(facet.name)
            if found := self._count(self.alternatives, filters, kind):
                text = f"{facet.label}: {value.text}"
                suggestions.append(Value(text, value.address, found, value.language))
        return suggestions

    def _with_words(self, alternatives) -> Value | None:
        found = self._count(alternatives, self.filters, self.kind)
        text = words.text_of(alternatives)
        address = facets.address_with(self.filters.data, q=text)
        return Value(text, address, found) if found else None

    def _count(self, alternatives, filters, kind: str = "") -> int:
        """Return how many hits there are, at most one more than are counted.

        Help that takes long is none: after a while nothing more is sought.
        """
        if self.is_late:
            return 0
        return self._search(alternatives, filters, kind).count(MOST_COUNTED)

    def _search(self, alternatives, filters, kind: str = "") -> Search:
        query = words.compiled(alternatives, self.configs)
        return Search(query.text, filters, Order.NEWEST, kind)

    def _corrected(self, term: words.Term) -> words.Term:
        if term.is_quoted or term.is_excluded or self.is_late:
            return term
        anywhere = self.filters.without(*facets.FACETS)
        if self._search([words.Alternative([term])], anywhere).finds_any():
            return term
        return replace(term, text=_spelling(term.text.lower()) or term.text)


def authors_called(alternatives: Sequence[words.Alternative]) -> list[Value]:
    """Return the authors with words of their names that begin so, if they are few.

    A story does not have its authors' names among its words.
    """
    terms = [term.text for term in alternatives[0].wanted]
    if len(alternatives) > 1 or max(map(len, terms)) < _SHORTEST:
        return []
    found = prepared_rows(_AUTHORS, {"terms": terms, "most": MOST_AUTHORS + 1})
    authors = [Value(name, address_of("author-detail", slug)) for name, slug in found]
    return authors if len(authors) <= MOST_AUTHORS else []


def _spelling(word: str) -> str | None:
    """Return the commonest word that is one slip of the hand away from this one."""
    if not (word.isalpha() and _SHORTEST <= len(word) <= _LONGEST):
        return None
    others = sorted({*_slips(word)} - {word})
    with words_first(), connection.cursor() as cursor:
        cursor.execute(_SPELLINGS, {"words": others})
        found = cursor.fetchone()
    return found[0] if found else None


def _slips(word: str) -> Iterator[str]:
    """Yield what is written with a letter more, less, exchanged or in another place."""
    letters = next((letters for letters in _ALPHABETS if {*word} & {*letters}), "")
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        for letter in letters:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
