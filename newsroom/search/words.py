"""From a reader's words to a query of the search columns.

The syntax is that of PostgreSQL's `websearch_to_tsquery`: all words must occur, quotes
keep words together, `or` parts alternatives and a minus leaves out. That function reads
a query in one language; here it is read in each language there is, and as it is
written. What is to be left out is left out in every reading.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from articles.prepared import prepared_rows
from articles.search import parted

# More are never needed to name a sentence, and each is read in every language.
MOST_TERMS = 32

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″", '"') | {"−": "-"})
_TERM = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')
_READINGS = """
    SELECT phraseto_tsquery(config, term)::text
    FROM unnest(%(configs)s::regconfig[], %(terms)s::text[])
        WITH ORDINALITY AS asked (config, term, at)
    ORDER BY at
"""
_LETTER = re.compile(r"[^\W_]")


@dataclass(frozen=True)
class Term:
    """A word, or words in quotes, that must occur or, with a minus, must not."""

    text: str
    is_quoted: bool = False
    is_excluded: bool = False

    def __str__(self):
        text = f'"{self.text}"' if self.is_quoted else self.text
        return f"-{text}" if self.is_excluded else text


@dataclass(frozen=True)
class Alternative:
    """The terms between one `or` and the next."""

    terms: list[Term] = field(default_factory=list)

    def __str__(self):
        return " ".join(map(str, self.terms))

    @property
    def wanted(self) -> list[Term]:
        return [term for term in self.terms if not term.is_excluded]

    @property
    def excluded(self) -> list[Term]:
        return [term for term in self.terms if term.is_excluded]


def parse(text: str) -> list[Alternative]:
    """Return what a reader wrote as alternatives of one term or more each.

    What has no letter or digit is dropped: there is nothing to find in it.
    """
    alternatives = [Alternative()]
    for minus, quoted, word in _TERM.findall(text.translate(_QUOTES)):
        if word.lower() == "or" and not minus:
            alternatives.append(Alternative())
        elif _LETTER.search(quoted or word):
            term = Term((quoted or word).strip(), bool(quoted), bool(minus))
            alternatives[-1].terms.append(term)
    return [found for found in alternatives if found.terms]


def text_of(alternatives: Iterable[Alternative]) -> str:
    """Return what `parse` reads as these alternatives."""
    return " or ".join(map(str, alternatives))


class Query(NamedTuple):
    """Words as PostgreSQL writes them, so that no statement has to work them out again.

    `text` is "" when there is nothing in it; `passed_over` are the configurations that
    have none of the wanted words: all are stop words of theirs.
    """

    text: str
    passed_over: list[str]


def compiled(alternatives: Sequence[Alternative], configs: Sequence[str]) -> Query:
    """Return the query of these alternatives.

    Each is its wanted words in one of the readings, without its excluded words in any.
    """
    wanted = [(found.wanted, config) for found in alternatives for config in configs]
    excluded = [
        ([term], config)
        for found in alternatives
        for term in found.excluded
        for config in configs
    ]
    found = _readings(wanted + excluded)
    of_configs = [found[at : len(wanted) : len(configs)] for at in range(len(configs))]
    readings = iter(found)
    positive = [_distinct(readings, len(configs)) for _ in alternatives]
    negative = [
        _distinct(readings, len(configs) * len(found.excluded))
        for found in alternatives
    ]
    text = " | ".join(
        " & ".join([_any_of(ways), *(f"!({way})" for way in ways_out)])
        for ways, ways_out in zip(positive, negative, strict=True)
        if ways
    )
    passed_over = [
        config
        for config, ways in zip(configs, of_configs, strict=True)
        if not any(ways)
    ]
    return Query(text, passed_over)


def _readings(pairs: Sequence[tuple[list[Term], str]]) -> list[str]:
    """Return what each group of terms is in each configuration, as a query or "".

    Stop words give an empty query, which is left out. A single word is read as a
    phrase, too: one such as “co-operate” has parts that stand together.
    """
    configs = [config for terms, config in pairs for _ in terms]
    texts = [parted(term.text) for terms, _ in pairs for term in terms]
    rows = prepared_rows(_READINGS, {"configs": configs, "terms": texts})
    found = (reading for (reading,) in rows)
    return [
        " & ".join(filter(None, itertools.islice(found, len(terms))))
        for terms, _ in pairs
    ]


def _distinct(readings: Iterator[str], count: int) -> list[str]:
    return [*dict.fromkeys(filter(None, itertools.islice(readings, count)))]


def _any_of(ways: list[str]) -> str:
    return f"({' | '.join(f'({way})' for way in ways)})"
