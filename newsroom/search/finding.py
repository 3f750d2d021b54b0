"""Finding: the hits of a query in order, page by page, at a cost that has a bound.

PostgreSQL can take the words first and then sort, or go from text to text by date and
look for the words. The one is slow for a common word, the other for a rare one, so this
chooses. First all hits are collected, up to 1,000. If that is all, they are sorted
here. Otherwise the words are common, and it is the newest texts that are looked at: for
the order by date until a page is full, for the best to rank what is among them.

The statements are written by hand and leave the planner no other way than that: a LIMIT
inside or a materialised part is planned as it stands there.
"""

# ruff: noqa: S608 (statements are put together here, none of a reader's words in them)
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import OperationalError, connection, transaction
from django.db.models import TextChoices
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from psycopg.errors import QueryCanceled

from newsroom.search.conditions import (
    COMMENT_AT,
    COMMENT_IS_PUBLIC,
    STORY_AT,
    STORY_IS_OUT,
)

PAGE_SIZE = 20
# So many hits are counted exactly, and sorted whole.
MOST_COUNTED = 1000
# Hits of common words are sought in so many of the newest texts of a kind.
NEWEST = 5000
# So many of the newest hits are ranked to find the best. Of stories less: to rank one
# means to unpack all its words.
RANKED_COMMENTS = 200
RANKED_STORIES = 100
# What the ways cost, in millionths of a second: to look at a text for the words; to
# read a unit of the planner's cost, of an index of words and then of the texts.
LOOK, INDEX_UNIT, TEXT_UNIT = 1.7, 6, 0.7
# That there are more hits than are counted may be seen among so many of the newest.
COUNTED_AMONG = 20_000
# So many of the newest are looked at first, to see how many of them are hits.
LOOKED_AT = 500
# Looking through the newest has to promise so many times the hits that are needed.
MARGIN = 1.4

# A search that would take longer is refused; the reader is asked to narrow it.
SECONDS_ALLOWED = 3
# What the planner cannot know: looking through stories means to unpack all words of
# each. And what does not pay for some milliseconds: to compile, to start workers.
_PLANNING = {
    "statement_timeout": f"{SECONDS_ALLOWED}s",
    "enable_seqscan": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "work_mem": "32MB",
}


class Order(TextChoices):
    BEST = "best", gettext_lazy("best first")
    NEWEST = "newest", gettext_lazy("newest first")


class Kind(TextChoices):
    STORY = "story", gettext_lazy("stories")
    COMMENT = "comment", gettext_lazy("comments")


class Hit(NamedTuple):
    """A text that was found. Of two hits the greater comes first.

    Ordered by date, all ranks are 0; of the same moment, a story comes before comments.
    """

    rank: float
    at: datetime
    kind: str
    pk: int
    story: int = 0
    code: str = ""


STORY, COMMENT = "s", "c"
NO_RANK = "0::real"


class Texts(NamedTuple):
    """How statements name the texts of a kind.

    A word in a story's headline counts for more than one in a comment.
    """

    kind: str
    table: str
    name: str
    at: str
    story: str
    are_shown: str
    weights: str
    # What looking through the newest needs of each.
    read: str

    @property
    def columns(self) -> str:
        """What a hit is made of but its rank."""
        name = self.name
        return (
            f"{self.at} AS at, '{self.kind}' AS kind, {name}.id AS id,"
            f" {self.story} AS story, split_part({name}.language, '-', 1) AS code"
        )

    @property
    def match(self) -> str:
        return f"{self.name}.search_vector @@ %(query)s::tsquery"

    @property
    def rank(self) -> str:
        return (
            f"ts_rank('{self.weights}'::real[], {self.name}.search_vector,"
            " %(query)s::tsquery)"
        )


STORIES = Texts(
    STORY,
    "articles_article",
    "story",
    STORY_AT,
    "story.id",
    STORY_IS_OUT,
    "{0.1,0.2,0.4,1}",
    "story.id, story.section_id, story.language, story.listed_at, story.search_vector",
)
COMMENTS = Texts(
    COMMENT,
    "comments_comment",
    "said",
    COMMENT_AT,
    "said.discussion_id",
    COMMENT_IS_PUBLIC,
    "{0.1,0.2,0.4,0.4}",
    "said.id, said.discussion_id, said.language, said.posted_at, said.search_vector",
)


class TooBroad(Exception):
    """The search would take too long."""


@contextmanager
def bounded() -> Iterator[None]:
    """Let the statements inside take only so long, and raise TooBroad after that."""
    try:
        with transaction.atomic():
            _set(**_PLANNING)
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooBroad from error
        raise


@dataclass
class Found:
    """A page of hits. `total` is None where there are more than are counted.

    `hits` are the page's, `every` those that were counted, in no order; `rest_after` is
    where the hits go on, by date, when the best of common words have been shown.
    """

    hits: list[Hit]
    has_more: bool
    total: int | None
    every: Sequence[Hit] = ()
    rest_after: Hit | None = None
    is_by_date: bool = False


class Expected(NamedTuple):
    """What the planner expects: so many hits among so many texts, at such a cost."""

    rows: int
    texts: int
    # For how many hits the costs are.
    planned: int
    startup: float
    cost: float

    @classmethod
    def of(cls, hits: dict, texts: dict) -> "Expected":
        rows = hits["Plan Rows"]
        costs = (hits["Startup Cost"], hits["Total Cost"])
        return cls(rows, texts["Plan Rows"], rows, *costs)

    def is_met(self, hits: int, among: int) -> bool:
        """Whether so many of the newest texts will have so many hits."""
        return self.rows * min(among, self.texts) >= MARGIN * hits * self.texts

    def looking(self, hits: int, among: int) -> float:
        """Return how long it takes to meet so many hits among the newest texts."""
        return LOOK * min(hits / max(self.rows, 1) * self.texts, among)

    def reading(self, hits: int) -> float:
        """Return how long it takes to read so many hits by the index of words."""
        texts = (self.cost - self.startup) * hits / max(self.planned, 1)
        return INDEX_UNIT * self.startup + TEXT_UNIT * texts


class Search:
    """A query, and the stories and comments that it is asked of."""

    def __init__(self, query: str, filters, order: str, kind: str = ""):
        self.filters, self.order = filters, order
        self.parameters = {**filters.parameters, "query": query}
        kinds = [(Kind.COMMENT, COMMENTS), (Kind.STORY, STORIES)]
        self.kinds = [texts for name, texts in kinds if kind in ("", name)]

    def page(self, after: Hit | None = None) -> Found:
        """Return the page of hits that come after one, or the first page."""
        every = None if self._are_surely_many() else self.collected()
        if every is None or len(every) > MOST_COUNTED:
            if every and COMMENTS in self.kinds:
                self._expected[COMMENTS] = self._looked_at(COMMENTS)
            is_by_date = self.order == Order.NEWEST
            return self._newest(after) if is_by_date else self._best(after)
        return Found(*_page_of(every, after), total=len(every), every=every)

    def collected(self) -> list[Hit]:
        """Return all hits, with their ranks, if they are no more than are counted.

        If they are more, some of them, one more than are counted.
        """
        most = MOST_COUNTED + 1
        is_ranked = self.order == Order.BEST
        found = (self._some(texts, most, is_ranked) for texts in self.kinds)
        return self._hits(f"SELECT * FROM ({_union(found)}) AS found LIMIT {most}")

    def count(self) -> int:
        """Return how many hits there are, at most one more than are counted."""
        most = MOST_COUNTED + 1
        if self._are_surely_many():
            return most
        found = _union(self._some(texts, most) for texts in self.kinds)
        statement = f"SELECT count(*) FROM ({found}) AS found"
        return min(self._rows(statement)[0][0], most)

    def finds_any(self) -> bool:
        """Whether there is a hit: among the newest comments, or anywhere."""
        newest = [self._walk(COMMENTS, 1, among=LOOKED_AT)]
        anywhere = [self._some(texts, 1) for texts in self.kinds]
        statement = f"SELECT 1 FROM ({_union(newest + anywhere)}) AS found LIMIT 1"
        return bool(self._rows(statement))

    def _are_surely_many(self) -> bool:
        """Whether there are more of a kind than are counted, asked where it is likely.

        To count them takes less than to fetch them for nothing.
        """
        return any(
            self._expected[texts].rows > 2 * MOST_COUNTED and self._are_many(texts)
            for texts in self.kinds
        )

    def _are_many(self, texts: Texts) -> bool:
        most = MOST_COUNTED + 1
        ways = [self._some(texts, most)]
        expected = self._expected[texts] = self._looked_at(texts)
        if expected.is_met(most, COUNTED_AMONG) and (
            # The planner overlooks what it costs to read all places of several words.
            "&" in self.parameters["query"]
            or expected.looking(most, COUNTED_AMONG) < expected.reading(most)
        ):
            ways.insert(0, self._walk(texts, most, among=COUNTED_AMONG))
        counts = (f"SELECT count(*) FROM {way} AS found" for way in ways)
        return any(self._rows(count)[0][0] == most for count in counts)

    def _looked_at(self, texts: Texts) -> Expected:
        """Return what a look at some of the newest makes one expect.

        The planner knows how common each word is, not that some come together.
        """
        found = self._walk(texts, LOOKED_AT, among=LOOKED_AT)
        ((hits,),) = self._rows(f"SELECT count(*) FROM {found} AS found")
        expected = self._expected[texts]
        rows = hits * expected.texts // LOOKED_AT
        return expected._replace(rows=max(rows, expected.rows))

    def _newest(self, after: Hit | None) -> Found:
        """Return a page by date: from the newest texts if they fill it, or from all."""
        most = PAGE_SIZE + 1
        few = {texts: self._are_few(texts, most) for texts in self.kinds}
        hits = self._by_date(few, dict.fromkeys(few, most), after)
        for texts, is_few in few.items():
            found = sum(hit.kind == texts.kind for hit in hits)
            if is_few or found > PAGE_SIZE or not self._end_of_newest(texts, after):
                continue
            hits = [hit for hit in hits if hit.kind != texts.kind]
            hits += self._by_date({texts: True}, {texts: most}, after)
        page, has_more = _page_of(hits, after)
        return Found(page, has_more, total=None, is_by_date=True)

    def _best(self, after: Hit | None) -> Found:
        """Return a page of the best among the newest hits, and where the rest begins.

        Where even the newest texts have less than a page of hits, it is one by date.
        """
        most = {STORIES: RANKED_STORIES, COMMENTS: RANKED_COMMENTS}
        few = {texts: self._are_few(texts, most[texts]) for texts in self.kinds}
        hits = self._by_date(few, most, is_ranked=True)
        ends = []
        for texts, is_few in few.items():
            found = [hit for hit in hits if hit.kind == texts.kind]
            if len(found) == most[texts]:
                ends.append(min(hit._replace(rank=0.0) for hit in found))
            elif not is_few and (end := self._end_of_newest(texts)):
                ends.append(end)
        end = max(ends, default=None)
        if end:
            hits = [hit for hit in hits if hit._replace(rank=0.0) >= end]
            if len(hits) < PAGE_SIZE:
                return self._newest(after)
        page, has_more = _page_of(hits, after)
        return Found(page, has_more, total=None, rest_after=end)

    def _are_few(self, texts: Texts, most: int) -> bool:
        """Whether sorting all hits is cheaper than looking through the newest."""
        expected = self._expected[texts]
        if not expected.is_met(PAGE_SIZE + 1, NEWEST):
            return True
        return expected.reading(expected.rows) < expected.looking(most, NEWEST)

    @cached_property
    def _expected(self) -> dict[Texts, Expected]:
        """What is known of each kind by the statistics of common words."""
        parts = []
        for texts in self.kinds:
            parts += [self._every(texts, "1"), self._shown(texts, "1")]
        explain = f"EXPLAIN (FORMAT json) {_union(f'({part})' for part in parts)}"
        (((answer,),),) = self._rows(explain)
        plans = [
            plan
            for plan in answer["Plan"]["Plans"]
            if plan["Parent Relationship"] == "Member"
        ]
        return {
            texts: Expected.of(hits, shown)
            for texts, hits, shown in zip(
                self.kinds, plans[::2], plans[1::2], strict=True
            )
        }

    def _some(self, texts: Texts, most: int, is_ranked: bool = False) -> str:
        """Return the statement of some hits of a kind, or of all if there are less.

        The planner takes words for more frequent than they are together, and with a
        LIMIT it would hope to meet enough of them soon on any other way than by the
        index of words. So that is planned for all hits, and read no further than asked.
        """
        rank = texts.rank if is_ranked else NO_RANK
        columns = f"{rank} AS rank, {texts.columns}"
        every = self._every(texts, columns, is_bare=self._has_small_range(texts))
        return f"""(
            WITH hit AS MATERIALIZED ({every}) SELECT * FROM hit LIMIT {most}
        )"""

    def _by_date(self, few, most, after=None, *, is_ranked=False) -> list[Hit]:
        """Return the newest hits of each kind, in no order.

        `few` says for each kind whether to sort all hits, or to look through the newest
        texts; `most` is how many of each.
        """
        ways = {True: self._sorted, False: self._walk}
        found = (
            ways[is_few](texts, most[texts], after, is_ranked)
            for texts, is_few in few.items()
        )
        return self._hits(_union(found), after)

    def _sorted(self, texts: Texts, most: int, after: Hit | None, is_ranked) -> str:
        """Return the statement of the newest hits, by sorting all."""
        is_bare = self._has_small_range(texts)
        every = self._every(texts, texts.columns, is_bare=is_bare)
        # Not inside, where an index of dates would be read from there to its end.
        older = " AND ".join(_before(texts.kind, "at", "id", after)) or "true"
        # Of those alone: each rank unpacks a text's words.
        rank = (
            f"(SELECT {texts.rank} FROM {texts.table} AS {texts.name}"
            f" WHERE {texts.name}.id = hit.id)"
            if is_ranked
            else NO_RANK
        )
        return f"""(
            SELECT {rank} AS rank, hit.* FROM (
                WITH every AS MATERIALIZED ({every})
                SELECT * FROM every WHERE {older} ORDER BY at DESC, id DESC LIMIT {most}
            ) AS hit
        )"""

    def _walk(
        self, texts, most: int, after=None, is_ranked=False, *, among: int | None = None
    ) -> str:
        """Return the statement of the newest hits, by looking through the newest texts.

        Those are so many whether they are hits or not; it ends when it has enough.
        """
        rank = texts.rank if is_ranked else NO_RANK
        conditions = [texts.match, *self.filters.of_texts(texts is STORIES)]
        if texts is STORIES:
            conditions += self.filters.of_stories()
        return f"""(
            SELECT {rank} AS rank, {texts.columns} FROM (
                {self._newest_texts(texts, after, texts.read)} LIMIT {among or NEWEST}
            ) AS {texts.name} {self._with_story(texts)}
            {self.filters.beside_texts(texts is STORIES)}
            WHERE {" AND ".join(conditions)}
            ORDER BY {texts.name}.place_at DESC, {texts.name}.id DESC LIMIT {most}
        )"""

    def _end_of_newest(self, texts: Texts, after: Hit | None = None) -> Hit | None:
        """Return the last of the newest texts after a hit; None if there are less.

        All that are shown count, found or not. OFFSET reads entries of the index alone,
        and never more of them than these.
        """
        newest = self._newest_texts(texts, after, f"{texts.name}.id")
        last = self._rows(f"{newest} OFFSET {NEWEST} LIMIT 1", after)
        return Hit(0.0, last[0][1], texts.kind, last[0][0]) if last else None

    def _newest_texts(self, texts: Texts, after: Hit | None, columns: str) -> str:
        """Return the statement of texts by date, in the order of an index."""
        columns = f"{columns}, {texts.at} AS place_at"
        older = _before(texts.kind, texts.at, f"{texts.name}.id", after)
        return f"""
            {self._shown(texts, columns, *older)}
            ORDER BY {texts.at} DESC, {texts.name}.id DESC
        """

    def _shown(self, texts: Texts, columns: str, *conditions: str) -> str:
        """Return the statement of texts, hits or not, in a range of an index."""
        ranges = self.filters.in_index(texts is STORIES)
        conditions = " AND ".join([texts.are_shown, *ranges, *conditions])
        table = f"{texts.table} AS {texts.name}"
        return f"SELECT {columns} FROM {table} WHERE {conditions}"

    def _every(self, texts: Texts, columns: str, *, is_bare: bool = True) -> str:
        """Return the statement of all hits of a kind, planned as PostgreSQL likes.

        Unless `is_bare`, times are no column of an index: to read much of that takes
        longer than the hits themselves.
        """
        of_stories = self.filters.of_stories()
        of_texts = self.filters.of_texts(texts is STORIES)
        if not is_bare:
            at = f"({texts.at} + interval '0')"
            of_texts = [condition.replace(texts.at, at) for condition in of_texts]
        conditions = [texts.match, texts.are_shown, *of_texts]
        table = f"{texts.table} AS {texts.name}"
        if texts is STORIES:
            conditions += of_stories
        elif of_stories:
            # It may be better to go from the stories to their comments.
            table += f" JOIN {STORIES.table} AS story ON story.id = {texts.story}"
            conditions += [STORIES.are_shown, *of_stories]
        else:
            table += self._with_story(texts)
        table += self.filters.beside_texts(texts is STORIES)
        return f"SELECT {columns} FROM {table} WHERE {' AND '.join(conditions)}"

    def _has_small_range(self, texts: Texts) -> bool:
        return self._expected[texts].texts <= COUNTED_AMONG

    def _with_story(self, texts: Texts) -> str:
        """Join comments with their stories one by one, if those are meant."""
        if texts is STORIES:
            return ""
        conditions = " AND ".join([STORIES.are_shown, *self.filters.of_stories()])
        return f""" CROSS JOIN LATERAL (
            SELECT 1 FROM {STORIES.table} AS story
            WHERE story.id = {texts.story} AND {conditions} LIMIT 1
        ) AS story"""

    def _hits(self, statement: str, after: Hit | None = None) -> list[Hit]:
        return [Hit(*row) for row in self._rows(statement, after)]

    def _rows(self, statement: str, after: Hit | None = None) -> list[tuple]:
        place = {"after_at": after.at, "after_pk": after.pk} if after else {}
        with connection.cursor() as cursor:
            cursor.execute(statement, self.parameters | place)
            return cursor.fetchall()


def _union(statements: Iterable[str]) -> str:
    return " UNION ALL ".join(statements)


def _before(kind: str, at: str, key: str, hit: Hit | None) -> list[str]:
    """Return the conditions of texts that come after a hit by date, so are older."""
    if hit is None:
        return []
    if kind > hit.kind:
        return [f"{at} < %(after_at)s"]
    older = [f"{at} <= %(after_at)s"]
    if kind == hit.kind:
        # As rows, which an index can compare.
        older.append(f"ROW({at}, {key}) < ROW(%(after_at)s, %(after_pk)s)")
    return older


@contextmanager
def words_first() -> Iterator[None]:
    """Let the planner read no index in its order, only whole answers."""
    _set(enable_indexscan="off", enable_indexonlyscan="off")
    yield
    _set(enable_indexscan="on", enable_indexonlyscan="on")


def _set(**settings: str) -> None:
    """Change settings until the transaction ends."""
    changes = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {changes}", [text for pair in settings.items() for text in pair]
        )


def _page_of(hits: Sequence[Hit], after: Hit | None) -> tuple[list[Hit], bool]:
    """Return the page of these hits after one of them, and whether there are more."""
    rest = sorted((hit for hit in hits if not after or hit < after), reverse=True)
    return rest[:PAGE_SIZE], len(rest) > PAGE_SIZE
