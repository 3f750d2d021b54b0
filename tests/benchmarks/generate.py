"""Write a synthetic archive: stories and their discussions, as large as is asked for.

    uv run tests/benchmarks/generate.py OUT [--format wxr|disqus|jsonl]
        [--articles 20000] [--comments 1000000] [--largest 100000] [--seed 1]

OUT is a file, gzipped when its name ends in .gz, or "-" for standard output. The same
arguments give the same bytes everywhere (of a gzipped file, the same content): chance
comes from the seed alone, and from whole numbers and plain arithmetic on it.

Stories, comments, threads and times are the same in each format; what differs is what a
format can say. A story's discussion and each comment's words are functions of the seed
and their numbers, so only numbers are kept for the whole archive: a million comments
take about 110 MB, however long their texts are. The words are in words/, one file a
language; they do not depend on the seed.
"""

import argparse
import contextlib
import functools
import gzip
import itertools
import json
import random
import re
import sys
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from time import gmtime, strftime
from typing import BinaryIO, NamedTuple

LANGUAGES = ("en", "pt", "de")
# Of a hundred stories, and of a hundred comments under one in another language.
LANGUAGE_SHARES = (60, 25, 15)
LANGUAGE_ENDS = tuple(itertools.accumulate(LANGUAGE_SHARES))
FOREIGN_COMMENTS = 0.03

SITE = "https://example.org"
FIRST_DAY = int(datetime(2006, 1, 1, tzinfo=UTC).timestamp())
LAST_DAY = int(datetime(2024, 12, 31, tzinfo=UTC).timestamp())
# How many days a discussion goes on; each as likely as another.
DAYS_OPEN = (1, 1, 2, 2, 3, 3, 4, 5, 7, 10, 14, 30, 90, 300)
REPLIES = 0.487
# Of the replies, those that rather go to a deeper one of two.
BACK_AND_FORTH = 0.25
BEFORE_PARENT = 0.001
OUT_OF_ORDER = 0.005
MAX_DEPTH = 20

PUBLIC, PENDING, TRASH, SPAM, PINGBACK = range(5)
# Of a thousand comments.
FATES = bytes(
    [PUBLIC] * 930 + [PINGBACK] * 30 + [PENDING] * 20 + [TRASH] * 10 + [SPAM] * 10
)

# Draws come from tables whose length is a power of two: one call, no weights.
BITS = 14
SIZE = 1 << BITS
LINE_BITS = 8
# Shares of comments (in ten-thousandths) and their lengths in characters: log-normal
# with a median of 130 and a mean of 190.
LENGTHS = (
    (0, 6), (100, 17), (500, 31), (1000, 43), (2500, 72), (5000, 130), (6000, 162),
    (7500, 234), (9000, 397), (9500, 545), (9900, 986), (9990, 1917), (9999, 3319),
    (10000, 5000),
)  # fmt: skip
REMARK_LENGTH = 40
PARAGRAPH_LENGTH = 330
SMILES = (" 🙂", " 😉", " 😂", " 👍", " :-)", " 🤦🏽‍♀️", " ❤️")
READERS = 60_000

SECTIONS = (
    "Politics", "City", "Region", "World", "Economy", "Science", "Health", "Education",
    "Culture", "Sport", "Opinion", "Letters",
)  # fmt: skip
AREAS = (
    "Coastal", "Rural", "Urban", "Northern", "Southern", "Regional", "National",
    "Public", "Private", "Digital", "Local", "European", "Winter", "Summer", "Youth",
    "Future", "Modern", "Historic", "Open", "Shared",
)  # fmt: skip
MATTERS = (
    "housing", "transport", "budgets", "elections", "schools", "hospitals", "energy",
    "farming", "tourism", "policing", "libraries", "sport", "water", "media", "work",
)  # fmt: skip
TOPICS = [f"{area} {matter}" for matter in MATTERS for area in AREAS]
WRITERS = 40
# Addresses that documents may use: nobody has them.
NETWORKS = ("192.0.2", "198.51.100", "203.0.113")

FIRST_POST = 2_200_000_000
FIRST_THREAD = 3_100_000_000
BATCH = 1000


class Comment(NamedTuple):
    """A comment's words. `reader` is the writer's number, -1 where nobody is named."""

    body: str
    name: str
    reader: int
    website: str


class Article(NamedTuple):
    headline: str
    slug: str
    standfirst: str
    paragraphs: list[str]
    language: str
    section: int
    topics: list[int]
    writer: int
    published: int

    @property
    def url(self) -> str:
        return f"{SITE}/{strftime('%Y/%m', gmtime(self.published))}/{self.slug}/"


def write_archive(
    file: BinaryIO,
    format: str,
    *,
    articles: int,
    comments: int,
    largest: int,
    seed: int,
) -> None:
    """Write an archive of the format to the file.

    It has as many articles and comments as is said, and one discussion of `largest`
    comments; no other is larger. Raises ValueError where that cannot be.
    """
    archive = Archive(articles, comments, largest, seed)
    pieces = FORMATS[format](archive)
    while batch := "".join(itertools.islice(pieces, BATCH)):
        file.write(batch.encode())


class Archive:
    """The plan of an archive, in numbers, and the words to it as they are asked for.

    Comments are numbered from 0, story after story; `first[story]` is the number of a
    story's first comment and `first[story + 1]` the one after its last. For each
    comment there are its time, its parent's place in the discussion (from 1; 0 for
    none) and its fate.
    """

    def __init__(self, articles: int, comments: int, largest: int, seed: int):
        self.seed = seed
        self.articles = articles
        self.comments = comments
        self.rng = _random(seed)
        # What Random.seed calls for whole numbers, at half the cost.
        self._seed_rng = super(random.Random, self.rng).seed
        counts = _counts(articles, comments, largest, self.rng)
        self.first = array("Q", itertools.accumulate(counts, initial=0))
        self.published = array("Q", self._publication_times())
        self.languages = [_pick_language(self.rng) for _ in counts]
        # The largest discussion alone would shift the shares of the languages.
        self.languages[counts.index(largest)] = LANGUAGES[0]
        self.times = array("I")
        self.parents = array("I")
        self.fates = bytearray()
        for story, count in enumerate(counts):
            self._plan_discussion(story, count)

    def _publication_times(self) -> Iterator[int]:
        """Yield a time for each story, in order, spread over the years."""
        step = (LAST_DAY - FIRST_DAY) / self.articles
        for story in range(self.articles):
            yield FIRST_DAY + int(step * (story + self.rng.random()))

    def _plan_discussion(self, story: int, count: int) -> None:
        self._reseed(story, 0)
        rng = self.rng
        fates = bytes(FATES[int(rng.random() * len(FATES))] for _ in range(count))
        parents = _parents(fates, rng)
        self.fates += fates
        self.parents.extend(parents)
        self.times.extend(_times(parents, self.published[story], rng))

    def _reseed(self, story: int, number: int) -> random.Random:
        """Make what is drawn next depend on the seed and these numbers alone."""
        self._seed_rng((self.seed << 72) | (story << 36) | number)
        return self.rng

    def numbers(self, story: int) -> range:
        """Return the numbers of a story's comments."""
        return range(self.first[story], self.first[story + 1])

    def parent(self, story: int, number: int) -> int | None:
        """Return the number of the comment that one replies to."""
        place = self.parents[number]
        return self.first[story] + place - 1 if place else None

    def story_of(self, number: int) -> int:
        return bisect_right(self.first, number) - 1

    def by_time(self) -> array:
        """Return the numbers of all comments, the oldest first."""
        bits = self.comments.bit_length()
        keys = array("Q", (at << bits | number for number, at in enumerate(self.times)))
        return array("I", (key & (1 << bits) - 1 for key in sorted(keys)))

    def comment(self, story: int, number: int) -> Comment:
        rng = self._reseed(story, 2 + number - self.first[story])
        language = self.languages[story]
        if rng.random() < FOREIGN_COMMENTS:
            language = _pick_language(rng)
        if self.fates[number] == PINGBACK:
            return _pingback(words(language), rng)
        return _comment(words(language), rng)

    def article(self, story: int) -> Article:
        rng = self._reseed(story, 1)
        text = words(self.languages[story])
        headline = text.line("headlines", rng)
        return Article(
            headline=headline,
            slug=f"{slugify(headline)[:60].rstrip('-')}-{story + 1}",
            standfirst=text.line("reports", rng),
            paragraphs=[
                _paragraph(text, rng) for _ in range(4 + int(rng.random() * 9))
            ],
            language=text.language,
            section=int(rng.random() * rng.random() * len(SECTIONS)),
            topics=_topics(rng),
            writer=_writer_in(text.language, rng),
            published=self.published[story],
        )


def _random(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  It is to be the same each time.


def _pick_language(rng: random.Random) -> str:
    share = int(rng.random() * 100)
    return LANGUAGES[bisect_right(LANGUAGE_ENDS, share)]


def _counts(
    articles: int, comments: int, largest: int, rng: random.Random
) -> list[int]:
    """Return how many comments each story has: many have few, and some thousands."""
    others = articles - 1
    if not (others >= 0 and 0 <= largest <= comments <= largest * articles):
        raise ValueError(
            f"{articles} articles cannot share {comments} comments so that the "
            f"largest discussion has {largest}."
        )
    counts = _shares(comments - largest, others, largest)
    counts.append(largest)
    order = sorted(range(articles), key=lambda _: rng.random())
    return [counts[place] for place in order]


def _shares(total: int, stories: int, most: int) -> list[int]:
    """Share the total among the stories, by rank, and give none more than `most`."""
    head = max(1, stories // 1000)
    unit = 1 << 40
    weights = [
        unit // (head + r) - unit // (head + stories + 1) for r in range(stories)
    ]
    whole = max(1, sum(weights))
    ends = [end * total // whole for end in itertools.accumulate(weights)]
    counts = sorted(
        (end - start for start, end in itertools.pairwise([0, *ends])), reverse=True
    )
    excess = 0
    for rank, count in enumerate(counts):
        counts[rank] = min(most, count + excess)
        excess += count - counts[rank]
    return counts


def _parents(fates: bytes, rng: random.Random) -> list[int]:
    """Return the place (from 1) of each comment's parent in the discussion, or 0."""
    parents, depths = [0] * len(fates), [1] * len(fates)
    early = -1
    for place, fate in enumerate(fates):
        if fate == PINGBACK:
            early = -1
            continue
        if place and rng.random() < REPLIES:
            parent = _earlier(place, rng)
            if rng.random() < BACK_AND_FORTH:
                parent = max(parent, _earlier(place, rng), key=depths.__getitem__)
            is_open = parent != early and fates[parent] != PINGBACK
            if is_open and depths[parent] < MAX_DEPTH:
                parents[place], depths[place] = parent + 1, depths[parent] + 1
        if early >= 0:
            parents[early], depths[early] = place + 1, depths[place] + 1
            early = -1
        elif not parents[place] and rng.random() < BEFORE_PARENT * 2:
            early = place
    return parents


def _earlier(place: int, rng: random.Random) -> int:
    """Return the place of an earlier comment: mostly a recent one, or else a first."""
    skew = rng.random()
    skew *= skew * skew
    if rng.random() < 0.1:
        return int(place * skew)
    return place - 1 - int(min(place, 60) * skew)


def _times(parents: list[int], published: int, rng: random.Random) -> Iterator[int]:
    """Yield the time of each comment: fewer and fewer, and a few out of order."""
    days = DAYS_OPEN[int(rng.random() * len(DAYS_OPEN))]
    span = days * 86_400 + min(len(parents), 100_000) * 20
    times = []
    for place, parent in enumerate(parents):
        spent = (place + rng.random()) / len(parents)
        at = published + 30 + int(span * spent * spent * spent)
        if rng.random() < OUT_OF_ORDER:
            after = times[parent - 1] if 0 < parent <= place else published
            after = max(after, at - 3600)
            at = after + int((at - after) * rng.random())
        times.append(at)
    yield from times


def _comment(text: "Words", rng: random.Random) -> Comment:
    body = text.comment(rng)
    chance = rng.random()
    if chance < 0.04:
        body += SMILES[int(chance * 100_000) % len(SMILES)]
    elif chance < 0.06:
        body += f" https://example.net/?p={rng.getrandbits(12)}&page=2"
    if chance > 0.975:
        return Comment(body, "", -1, "")
    skew = rng.random()
    reader = int(skew * skew * READERS)
    website = "" if reader % 16 != 5 else f"https://example.net/~reader{reader}/"
    name = text.reader(reader)
    number = reader * len(LANGUAGES) + LANGUAGES.index(text.language)
    return Comment(body, name, number, website)


def _pingback(text: "Words", rng: random.Random) -> Comment:
    title = text.line("headlines", rng)
    body = f"[…] {text.line('sentences', rng)} […]"
    return Comment(body, title, -1, f"https://example.com/{slugify(title)[:60]}/")


def _paragraph(text: "Words", rng: random.Random) -> str:
    lines = [text.line("reports", rng) for _ in range(2 + int(rng.random() * 4))]
    chance = rng.random()
    if chance < 0.1:
        lines[0] = f"<strong>{lines[0]}</strong>"
    elif chance < 0.3:
        lines[-1] = f'<a href="{SITE}/?p={rng.getrandbits(12)}">{lines[-1]}</a>'
    return f"<p>{' '.join(lines)}</p>"


def _topics(rng: random.Random) -> list[int]:
    """Return the numbers of none to five topics, the first ones more often."""
    numbers = [
        int(rng.random() * rng.random() * len(TOPICS))
        for _ in range(int(rng.random() * 6))
    ]
    return sorted(set(numbers))


@functools.cache
def writers() -> list[tuple[str, str]]:
    """Return the name of each writer and the language that they write in."""
    found = []
    for language, share in zip(LANGUAGES, LANGUAGE_SHARES, strict=True):
        text = words(language)
        for number in range(share * WRITERS // 100):
            name = text.given[number * 3 % len(text.given)]
            found.append((f"{name} {text.names[100 + number]}", language))
    return found


@functools.cache
def _writers_in(language: str) -> list[int]:
    return [number for number, (_, of) in enumerate(writers()) if of == language]


def _writer_in(language: str, rng: random.Random) -> int:
    numbers = _writers_in(language)
    return numbers[int(rng.random() * len(numbers))]


def slugify(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


@functools.cache
def words(language: str) -> "Words":
    return Words(language)


class Words:
    """A language: from its file, tables of words and phrases, and sentences of them.

    In a table the first words stand most often: each half as often as those that are
    half as far from its beginning, as in natural texts.
    """

    def __init__(self, language: str):
        self.language = language
        self.parts = _read_words(language)
        self.rng = _random(LANGUAGES.index(language))
        self.given = self.parts["given"].split()
        self.names = self._names()
        self.tables = self._tables()
        self.lines = {
            name: _repeated(self._compiled(name), 1 << LINE_BITS)
            for name in ("remarks", "sentences", "reports", "headlines")
        }
        self.lengths = _length_table()

    def line(self, kind: str, rng: random.Random) -> str:
        """Return a new sentence of a kind: remarks, sentences, reports or headlines."""
        bits = rng.getrandbits
        pattern, tables = self.lines[kind][bits(LINE_BITS)]
        text = pattern % tuple([table[bits(BITS)] for table in tables])
        return text[0].upper() + text[1:] if pattern[0] == "%" else text

    def comment(self, rng: random.Random) -> str:
        """Return a new text of natural length, in paragraphs where it is long."""
        wanted = self.lengths[rng.getrandbits(BITS)]
        if wanted < REMARK_LENGTH:
            return self.line("remarks", rng)
        wanted -= 32  # A sentence that is begun is ended: half of one, on average.
        paragraph: list[str] = []
        paragraphs, size, length = [paragraph], 0, 0
        while size < wanted or not size:
            line = self.line("sentences", rng)
            if length > PARAGRAPH_LENGTH and rng.random() < 0.5:
                paragraph, length = [], 0
                paragraphs.append(paragraph)
            paragraph.append(line)
            length += len(line) + 1
            size += len(line) + 1
        return "\n\n".join(map(" ".join, paragraphs))

    def reader(self, number: int) -> str:
        """Return the name of a reader: given name and surname, or less, or a nick."""
        given = self.given[number * 7 % len(self.given)]
        surname = self.names[number * 31 % len(self.names)]
        kind = number % 10
        if kind < 5:
            return f"{given} {surname}"
        if kind < 7:
            return given
        if kind < 8:
            return f"{given} {surname[0]}."
        return f"{surname.lower()}{number % 90 + 10}"

    def _names(self) -> list[str]:
        starts, middles, ends = (
            self.parts[f"name {part}"].split() for part in ("starts", "middles", "ends")
        )
        names = dict.fromkeys(
            map("".join, itertools.product(starts, ["", *middles], ends))
        )
        return self._shuffled(names)[:SIZE]

    def _nouns(self, genders: Iterable[str]) -> list[tuple[str, str]]:
        """Return a table of nouns and their genders, also compounds of the nouns."""
        nouns = [noun.split("/") for noun in self.parts["nouns"].split()]
        nouns = [(noun, gender) for noun, gender in nouns if gender in genders]
        compounds = [
            (front + noun.lower(), gender)
            for front in self.parts["noun fronts"].split()
            for noun, gender in nouns
        ]
        return spread(nouns, self._shuffled(compounds))

    def _stems(self, kind: str) -> list[str]:
        """Return a table of verbs or adjectives, also with what can stand before."""
        stems = self.parts[f"{kind}s"].split()
        fronts = self.parts.get(f"{kind} fronts", "").split()
        longer = [front + stem for front in fronts for stem in stems]
        return spread(stems, self._shuffled(longer))

    def _shuffled(self, items: Iterable) -> list:
        return sorted(items, key=lambda _: self.rng.random())

    def _tables(self) -> dict[str, list[str]]:
        adjectives = self._stems("adjective")
        tables = {
            "n": [noun for noun, _ in self._nouns("mfn")],
            "a": adjectives,
            "adj": adjectives,
            "adverb": spread(self.parts["adverbs"].split()),
            "given": spread(self.given),
            "name": spread(self.names),
            "year": spread([str(year) for year in range(2024, 1899, -1)]),
            "number": spread([str(number) for number in range(2, 2000)]),
        }
        tables |= self._verbs() | self._noun_phrases(adjectives)
        tables["person"] = self._filled(["{given} {name}"], tables)
        tables["time"] = self._filled(self.parts["times"].splitlines(), tables)
        return tables

    def _verbs(self) -> dict[str, list[str]]:
        stems = self._stems("verb")
        endings = (line.split() for line in self.parts["endings"].splitlines())
        return {
            name: [_with_ending(stem, ending) for stem in stems]
            for name, ending in endings
        }

    def _noun_phrases(self, adjectives: list[str]) -> dict[str, list[str]]:
        slots: dict[str, dict[str, list[str]]] = {}
        for section, text in self.parts.items():
            if section.startswith("slot "):
                _, name, gender = section.split()
                slots.setdefault(name, {})[gender] = text.splitlines()
        return {
            name: [
                self._phrase(noun, patterns[gender], adjectives)
                for noun, gender in self._nouns(patterns)
            ]
            for name, patterns in slots.items()
        }

    def _phrase(self, noun: str, patterns: list[str], adjectives: list[str]) -> str:
        """Return the noun in one of the patterns; {p} is its plural, {f} feminine."""
        pattern = patterns[int(self.rng.random() * len(patterns))]
        if "{p}" in pattern:
            pattern = pattern.replace("{p}", _with_ending(noun, "s"))
        if "{a}" in pattern or "{f}" in pattern:
            adjective = adjectives[self.rng.getrandbits(BITS)]
            feminine = adjective[:-1] + "a" if adjective[-1] == "o" else adjective
            pattern = pattern.replace("{a}", adjective).replace("{f}", feminine)
        phrase = pattern.replace("{n}", noun)
        if phrase.startswith("a ") and phrase[2] in "aeiou" and self.language == "en":
            phrase = "an" + phrase[1:]
        return phrase

    def _filled(self, lines: list[str], tables: dict[str, list[str]]) -> list[str]:
        """Return a table of the lines with their slots filled."""
        compiled = spread([self._compile(line, tables) for line in lines])
        bits = self.rng.getrandbits
        return [
            pattern % tuple([table[bits(BITS)] for table in slots])
            for pattern, slots in compiled
        ]

    def _compiled(self, kind: str) -> list[tuple[str, list[list[str]]]]:
        return [self._compile(line) for line in self.parts[kind].splitlines()]

    def _compile(
        self, line: str, tables: dict[str, list[str]] | None = None
    ) -> tuple[str, list[list[str]]]:
        """Return the line as a pattern, and the tables that fill it."""
        names = re.findall(r"\{(\w+)\}", line)
        pattern = re.sub(r"\{\w+\}", "%s", line)
        return pattern, [(tables or self.tables)[name] for name in names]


def _read_words(language: str) -> dict[str, str]:
    """Return the sections of a language's file by name."""
    path = Path(__file__).with_name("words") / f"{language}.txt"
    pieces = re.split(r"^\[(.+)\]\n", path.read_text("utf-8"), flags=re.MULTILINE)
    return {
        name: text.strip()
        for name, text in zip(pieces[1::2], pieces[2::2], strict=True)
    }


def spread(words: list, rest: Sequence = ()) -> list:
    """Return a table in which eight words, the next 16, the next 32… have equal shares.

    So a word stands about twice as often as one of twice its rank. What is in `rest` is
    rare: all of it together has an eighth of the table, the last ones perhaps no place.
    """
    levels, start, size = [], 0, 8
    while start < len(words):
        # What is too little for a level of its own goes with the level before.
        is_last = len(words) - start < size * 2
        end = len(words) if is_last else start + size
        levels.append(words[start:end])
        start, size = end, size * 2
    common = SIZE - SIZE // 8 if rest else SIZE
    shares = [(level, -(-common // len(levels))) for level in levels]
    table = [word for level, share in shares for word in _repeated(level, share)]
    return table[:common] + _repeated(rest, SIZE - common)


def _repeated(words: Sequence, length: int) -> list:
    return list(itertools.islice(itertools.cycle(words), length))


@functools.cache
def _with_ending(stem: str, ending: str) -> str:
    """Return a word's form, spelt as in English where that changes the stem."""
    if ending == "-":
        return stem
    if ending == "s" and stem.endswith(("s", "x", "ch", "sh")):
        return f"{stem}es"
    if ending == "s" and stem.endswith("y") and stem[-2] not in "aeiou":
        return f"{stem[:-1]}ies"
    if stem.endswith("e") and ending[0] in "aei":
        return stem[:-1] + ending
    return stem + ending


@functools.cache
def _length_table() -> list[int]:
    """Return lengths of comments, as frequent in it as they are to be."""
    table = []
    for step in range(SIZE):
        share = step * 10_000
        (low, short), (high, long) = next(
            pair for pair in itertools.pairwise(LENGTHS) if share < pair[1][0] * SIZE
        )
        part = (long - short) * (share - low * SIZE) // ((high - low) * SIZE)
        table.append(short + part)
    return table


def _jsonl(archive: Archive) -> Iterator[str]:
    header = {"type": "archive", "format": "newsroom-archive", "version": 1}
    yield _line(header | {"origin": "example.org", "url": f"{SITE}/"})
    for number, name in enumerate(SECTIONS):
        yield _line({"type": "section", "id": f"s{number + 1}", "name": name})
    for number, (name, _) in enumerate(writers()):
        yield _line({"type": "author", "id": f"w{number + 1}", "name": name})
    for story in range(archive.articles):
        yield _line(_jsonl_article(story, archive.article(story)))
    for story in range(archive.articles):
        for number in archive.numbers(story):
            yield _line(_jsonl_comment(archive, story, number))


def _line(record: dict) -> str:
    return _to_json(record) + "\n"


_to_json = json.JSONEncoder(ensure_ascii=False).encode


def _jsonl_article(story: int, article: Article) -> dict:
    return {
        "type": "article",
        "id": f"a{story + 1}",
        "headline": article.headline,
        "slug": article.slug,
        "standfirst": article.standfirst,
        "body": "\n".join(article.paragraphs),
        "language": article.language,
        "status": "published",
        "section": f"s{article.section + 1}",
        "topics": [TOPICS[topic] for topic in article.topics],
        "authors": [f"w{article.writer + 1}"],
        "published": _iso(article.published),
        "source_url": article.url,
    }


_JSONL_STATUSES = ("public", "pending", "removed", "spam", "public")


def _jsonl_comment(archive: Archive, story: int, number: int) -> dict:
    comment = archive.comment(story, number)
    fate = archive.fates[number]
    record = {
        "type": "comment",
        "id": f"c{number + 1}",
        "article": f"a{story + 1}",
        "body": comment.body,
        "posted": _iso(archive.times[number]),
        "status": _JSONL_STATUSES[fate],
    }
    parent = archive.parent(story, number)
    if parent is not None:
        record["parent"] = f"c{parent + 1}"
    if comment.name:
        record["author_name"] = comment.name
    if comment.website:
        record["author_url"] = comment.website
    if fate == PINGBACK:
        record["kind"] = "pingback"
    return record


def _iso(at: int) -> str:
    return f"{_day(at // 86_400)}T{_clock(at % 86_400)}Z"


@functools.cache
def _day(day: int) -> str:
    return strftime("%Y-%m-%d", gmtime(day * 86_400))


@functools.cache
def _clock(second: int) -> str:
    return strftime("%H:%M:%S", gmtime(second))


def _ids(order: array, first: int) -> array:
    """Return an id for each comment, in the order in which they were written."""
    ids = array("Q", bytes(8 * len(order)))
    for id, number in enumerate(order, first):
        ids[number] = id
    return ids


def _disqus(archive: Archive) -> Iterator[str]:
    yield _DISQUS_HEAD
    for story in range(archive.articles):
        yield _disqus_thread(story, archive.article(story))
    order = archive.by_time()
    ids = _ids(order, FIRST_POST)
    for number in order:
        yield _disqus_post(archive, number, ids)
    yield "</disqus>\n"


_DISQUS_HEAD = """\
<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://disqus.com http://disqus.com/api/schemas/1.0/disqus.xsd">
<category dsq:id="2100000001">
<forum>example</forum>
<title>General</title>
<isDefault>true</isDefault>
</category>
"""


def _disqus_thread(story: int, article: Article) -> str:
    return f"""\
<thread dsq:id="{FIRST_THREAD + story}">
<id>{story + 1} {SITE}/?p={story + 1}</id>
<forum>example</forum>
<category dsq:id="2100000001" />
<link>{article.url}</link>
<title>{_escape(article.headline)}</title>
<message />
<createdAt>{_iso(article.published)}</createdAt>
<author>
<name>Example</name>
<isAnonymous>false</isAnonymous>
<username>example</username>
</author>
<isClosed>false</isClosed>
<isDeleted>false</isDeleted>
</thread>
"""


def _disqus_post(archive: Archive, number: int, ids: array) -> str:
    story = archive.story_of(number)
    comment = archive.comment(story, number)
    fate = archive.fates[number]
    parent = archive.parent(story, number)
    reply = f'<parent dsq:id="{ids[parent]}" />\n' if parent is not None else ""
    return f"""\
<post dsq:id="{ids[number]}">
<id />
<message><![CDATA[{_html(comment.body)}]]></message>
<createdAt>{_iso(archive.times[number])}</createdAt>
<isDeleted>{"true" if fate == TRASH else "false"}</isDeleted>
<isSpam>{"true" if fate == SPAM else "false"}</isSpam>
{_disqus_author(comment)}<thread dsq:id="{FIRST_THREAD + story}" />
{reply}</post>
"""


def _disqus_author(comment: Comment) -> str:
    """Return who wrote a post; one in two has an account, one in three an address."""
    reader = comment.reader
    is_guest = reader < 0 or reader % 2 == 1
    email = address = username = ""
    if reader >= 0 and reader % 3 == 0:
        email = f"<email>reader{reader}@example.org</email>\n"
        address = f"<ipAddress>192.0.2.{reader % 254 + 1}</ipAddress>\n"
    if not is_guest:
        username = f"<username>reader{reader}</username>\n"
    return f"""\
<author>
{email}<name>{_escape(comment.name)}</name>
<isAnonymous>{"true" if is_guest else "false"}</isAnonymous>
{username}</author>
{address}"""


def _html(body: str) -> str:
    return f"<p>{_escape(body)}</p>".replace("\n\n", "</p>\n\n<p>")


def _escape(text: str) -> str:
    # Nothing here holds a < or a >.
    return text.replace("&", "&amp;")


def _wxr(archive: Archive) -> Iterator[str]:
    yield _WXR_HEAD
    yield from _wxr_terms()
    yield "\t<generator>https://wordpress.org/?v=6.4.3</generator>\n\n"
    ids = _ids(archive.by_time(), 1)
    for story in range(archive.articles):
        yield _wxr_item(story, archive.article(story))
        for number in archive.numbers(story):
            yield _wxr_comment(archive, story, number, ids)
        yield "\t</item>\n"
    yield "</channel>\n</rss>\n"


_WXR_HEAD = f"""\
<?xml version="1.0" encoding="UTF-8" ?>
<!-- generator="WordPress/6.4.3" created="2025-01-31 09:30" -->
<rss version="2.0"
\txmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
\txmlns:content="http://purl.org/rss/1.0/modules/content/"
\txmlns:wfw="http://wellformedweb.org/CommentAPI/"
\txmlns:dc="http://purl.org/dc/elements/1.1/"
\txmlns:wp="http://wordpress.org/export/1.2/"
>

<channel>
\t<title>Example</title>
\t<link>{SITE}</link>
\t<description>News and what readers say of it</description>
\t<pubDate>Fri, 31 Jan 2025 09:30:00 +0000</pubDate>
\t<language>en-GB</language>
\t<wp:wxr_version>1.2</wp:wxr_version>
\t<wp:base_site_url>{SITE}</wp:base_site_url>
\t<wp:base_blog_url>{SITE}</wp:base_blog_url>

"""


def _wxr_terms() -> Iterator[str]:
    for number, (name, _) in enumerate(writers(), 1):
        given, surname = name.split()
        login = slugify(name)
        yield (
            f"\t<wp:author><wp:author_id>{number}</wp:author_id>"
            f"<wp:author_login>{_cdata(login)}</wp:author_login>"
            f"<wp:author_email>{_cdata(f'{login}@example.org')}</wp:author_email>"
            f"<wp:author_display_name>{_cdata(name)}</wp:author_display_name>"
            f"<wp:author_first_name>{_cdata(given)}</wp:author_first_name>"
            f"<wp:author_last_name>{_cdata(surname)}</wp:author_last_name>"
            "</wp:author>\n"
        )
    for number, name in enumerate(SECTIONS, 1):
        yield (
            f"\t<wp:category><wp:term_id>{number}</wp:term_id>"
            f"<wp:category_nicename>{_cdata(slugify(name))}</wp:category_nicename>"
            f"<wp:category_parent>{_cdata('')}</wp:category_parent>"
            f"<wp:cat_name>{_cdata(name)}</wp:cat_name></wp:category>\n"
        )
    for number, name in enumerate(TOPICS, len(SECTIONS) + 1):
        yield (
            f"\t<wp:tag><wp:term_id>{number}</wp:term_id>"
            f"<wp:tag_slug>{_cdata(slugify(name))}</wp:tag_slug>"
            f"<wp:tag_name>{_cdata(name)}</wp:tag_name></wp:tag>\n"
        )


def _cdata(text: str) -> str:
    return f"<![CDATA[{text}]]>"


def _wxr_item(story: int, article: Article) -> str:
    writer = slugify(writers()[article.writer][0])
    pub_date = format_datetime(datetime.fromtimestamp(article.published, UTC))
    body = "\n\n".join(article.paragraphs)
    local, gmt = _wxr_times(article.published)
    return f"""\
\t<item>
\t\t<title>{_cdata(article.headline)}</title>
\t\t<link>{article.url}</link>
\t\t<pubDate>{pub_date}</pubDate>
\t\t<dc:creator>{_cdata(writer)}</dc:creator>
\t\t<guid isPermaLink="false">{SITE}/?p={story + 1}</guid>
\t\t<description></description>
\t\t<content:encoded>{_cdata(body)}</content:encoded>
\t\t<excerpt:encoded>{_cdata(article.standfirst)}</excerpt:encoded>
\t\t<wp:post_id>{story + 1}</wp:post_id>
\t\t<wp:post_date>{local}</wp:post_date>
\t\t<wp:post_date_gmt>{gmt}</wp:post_date_gmt>
\t\t<wp:post_modified>{local}</wp:post_modified>
\t\t<wp:post_modified_gmt>{gmt}</wp:post_modified_gmt>
\t\t<wp:comment_status>{_cdata("open")}</wp:comment_status>
\t\t<wp:ping_status>{_cdata("open")}</wp:ping_status>
\t\t<wp:post_name>{_cdata(article.slug)}</wp:post_name>
\t\t<wp:status>{_cdata("publish")}</wp:status>
\t\t<wp:post_parent>0</wp:post_parent>
\t\t<wp:menu_order>0</wp:menu_order>
\t\t<wp:post_type>{_cdata("post")}</wp:post_type>
\t\t<wp:post_password>{_cdata("")}</wp:post_password>
\t\t<wp:is_sticky>0</wp:is_sticky>
{_wxr_category("category", SECTIONS[article.section])}\
{"".join(_wxr_category("post_tag", TOPICS[topic]) for topic in article.topics)}"""


def _wxr_category(domain: str, name: str) -> str:
    nicename = f'domain="{domain}" nicename="{slugify(name)}"'
    return f"\t\t<category {nicename}>{_cdata(name)}</category>\n"


def _wxr_times(at: int) -> tuple[str, str]:
    """Return a time as on the site's own clock, which is one hour ahead, and in GMT."""
    local = at + 3600
    return (
        f"<![CDATA[{_day(local // 86_400)} {_clock(local % 86_400)}]]>",
        f"<![CDATA[{_day(at // 86_400)} {_clock(at % 86_400)}]]>",
    )


# WordPress exports no spam: what passes for it elsewhere was not noticed here.
_WXR_STATUSES = ("1", "0", "trash", "1", "1")


def _wxr_comment(archive: Archive, story: int, number: int, ids: array) -> str:
    comment = archive.comment(story, number)
    fate = archive.fates[number]
    local, gmt = _wxr_times(archive.times[number])
    parent = archive.parent(story, number)
    reader = comment.reader
    kind = "pingback" if fate == PINGBACK else "comment"
    email = f"reader{reader}@example.org" if reader >= 0 else ""
    address = f"{NETWORKS[reader % 3]}.{number % 254 + 1}"
    return f"""\
\t\t<wp:comment>
\t\t\t<wp:comment_id>{ids[number]}</wp:comment_id>
\t\t\t<wp:comment_author><![CDATA[{comment.name}]]></wp:comment_author>
\t\t\t<wp:comment_author_email><![CDATA[{email}]]></wp:comment_author_email>
\t\t\t<wp:comment_author_url>{comment.website}</wp:comment_author_url>
\t\t\t<wp:comment_author_IP><![CDATA[{address}]]></wp:comment_author_IP>
\t\t\t<wp:comment_date>{local}</wp:comment_date>
\t\t\t<wp:comment_date_gmt>{gmt}</wp:comment_date_gmt>
\t\t\t<wp:comment_content><![CDATA[{_escape(comment.body)}]]></wp:comment_content>
\t\t\t<wp:comment_approved><![CDATA[{_WXR_STATUSES[fate]}]]></wp:comment_approved>
\t\t\t<wp:comment_type><![CDATA[{kind}]]></wp:comment_type>
\t\t\t<wp:comment_parent>{0 if parent is None else ids[parent]}</wp:comment_parent>
\t\t\t<wp:comment_user_id>0</wp:comment_user_id>
{_WXR_META if number % 20 == 0 else ""}\t\t</wp:comment>
"""


_WXR_META = """\
\t\t\t<wp:commentmeta>
\t\t\t<wp:meta_key><![CDATA[akismet_result]]></wp:meta_key>
\t\t\t<wp:meta_value><![CDATA[false]]></wp:meta_value>
\t\t\t</wp:commentmeta>
"""

FORMATS: dict[str, Callable[[Archive], Iterator[str]]] = {
    "wxr": _wxr,
    "disqus": _disqus,
    "jsonl": _jsonl,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a synthetic archive.")
    parser.add_argument("out", metavar="OUT", help='a file, gzipped for *.gz, or "-"')
    parser.add_argument("--format", choices=FORMATS, default="wxr")
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--comments", type=int, default=1_000_000)
    parser.add_argument("--largest", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = vars(parser.parse_args())
    out, format = options.pop("out"), options.pop("format")
    try:
        with contextlib.ExitStack() as stack:
            write_archive(_opened(out, stack), format, **options)
    except ValueError as error:
        parser.error(str(error))


def _opened(out: str, stack: contextlib.ExitStack) -> BinaryIO:
    """Return where to write; what the stack closes."""
    if out == "-":
        return sys.stdout.buffer
    file = Path(out).open("wb")  # noqa: SIM115  The stack closes it.
    stack.enter_context(file)
    if out.endswith(".gz"):
        # Without a name and a time in its header, which are not of the content.
        zipped = gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)
        return stack.enter_context(zipped)
    return file


if __name__ == "__main__":
    main()
