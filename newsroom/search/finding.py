"""Finding: the hits of a query in order, page by page, at a cost that has a bound.

PostgreSQL can take the words first and then sort, or go from text to text by date and
look for the words. The one is slow for a common word, the other for a rare one, so this
chooses. Hits that seem to be few are sorted whole, and counted by that. Where they seem
to be many, it first makes sure that they are more than are counted, and then looks at
the newest texts: for the order by date until a page is full, for the best to rank what
is among them.
"""

# ruff: noqa: S608 (statements are put together here, none of a reader's words in them)
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from django.utils.functional import cached_property
from psycopg.errors import QueryCanceled

from articles.prepared import prepared_rows
from newsroom.search.expecting import Expected
from newsroom.search.hits import Hit, Kind, Order, moment
from newsroom.search.statements import (
    COMMENTS,
    NO_RANK,
    OF_SOURCE,
    STORIES,
    Statements,
    Texts,
    union,
)

PAGE_SIZE = 20
# So many hits are counted exactly, and sorted whole.
MOST_COUNTED = 1000
# Hits of common words are sought in so many of the newest texts of a kind.
NEWEST = 5000
# So many texts that have the words are read to sort the hits among them.
MOST_SORTED = 10_000
# That there are more hits than are counted may be seen among so many of the newest.
COUNTED_AMONG = 30_000
# So many of the newest are looked at first, to see how many of them are hits.
LOOKED_AT = 500
# Comments are asked for by their stories' keys where those are no more than these, and
# what a file brought by its own. Each is weighed by the planner, in every statement.
MOST_NAMED = 1500
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
# So many of the newest hits are ranked to find the best; neither these nor a page are
# more than are counted. Of stories less: to rank one means to unpack all its words.
MOST_RANKED = {STORIES: 100, COMMENTS: 200}
# What a hit is made of, with its time as a number.
_HIT = (
    "rank, (extract(epoch FROM at) * 1000000)::bigint, kind, id, story, code, precision"
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


class Search:
    """A query, and the stories and comments that it is asked of."""

    def __init__(self, query: str, filters, order: str, kind: str = ""):
        self.filters, self.order = filters, order
        self.parameters = {**filters.parameters, "query": query}
        kinds = [(Kind.COMMENT, COMMENTS), (Kind.STORY, STORIES)]
        self.kinds = [texts for name, texts in kinds if kind in ("", name)]

    def page(self, after: Hit | None = None) -> Found:
        """Return the page of hits that come after one, or the first page."""
        if self._are_surely_many():
            return self._of_many(after)
        hits, total = self._sorted_whole(after, self._most_read)
        if total is None:
            if self._are_many():
                return self._of_many(after)
            hits, total = self._sorted_whole(after)
        if total <= MOST_COUNTED:
            return Found(*_page_of(hits, after), total=total, every=hits)
        if self.order == Order.NEWEST:
            return self._page_by_date(hits, after)
        return self._page_of_best(hits, dict.fromkeys(self.kinds, True), after)

    def count(self, most: int) -> int:
        """Return how many hits there are, at most one more than these."""
        found, sought = 0, most + 1
        for texts in self.kinds:
            found += self._counted(texts, sought, among=NEWEST)
            if found >= sought:
                return sought
        return found

    def finds_any(self) -> bool:
        """Whether there is a hit: among the newest comments, or anywhere."""
        ways = [self.sql.walk(COMMENTS, 1, LOOKED_AT)]
        ways += [self._some(texts, 1) for texts in self.kinds]
        found = union(f"(SELECT 1 FROM {way} AS found)" for way in ways)
        statement = f"SELECT 1 FROM ({found}) AS found LIMIT 1"
        return bool(self._rows(statement))

    def _are_surely_many(self) -> bool:
        """Whether there are more of a kind than are counted, asked where it is likely.

        Not where all are to be sorted, and so are counted then.
        """
        many = MOST_COUNTED + 1
        for texts in self.kinds:
            if self._expected[texts].rows > 2 * MOST_COUNTED:
                if not self._is_well_known:
                    self._expected[texts] = self._looked_at(texts)
                few = self._are_few(texts, MOST_RANKED[texts])
                if not few and self._counted(texts, many, COUNTED_AMONG) == many:
                    return True
        return False

    @property
    def _is_well_known(self) -> bool:
        """Whether the planner knows how many hits there are, so no look is needed.

        It does of a word, or of any of some, where nothing narrows the search.
        """
        if {*"&<!"} & {*self.parameters["query"]}:
            return False
        filters = self.filters
        return not (
            filters.of_stories()
            or filters.of_texts(is_story=False)
            or filters.beside_texts(is_story=False)
        )

    @property
    def _most_read(self) -> int | None:
        """How many texts that have the words are read at first; None where all are.

        So many do not mean as many hits where what is beside them excludes some.
        """
        of_any = map(self.sql.filters.beside_texts, (True, False))
        return None if any(of_any) else MOST_SORTED

    def _are_many(self) -> bool:
        """Whether there are more of a kind than are counted, though that seemed not so.

        Those that have the words may all be below stories that are not out.
        """
        many = MOST_COUNTED + 1
        for texts in self.kinds:
            self._expected[texts] = self._looked_at(texts)
            if self._counted(texts, many, COUNTED_AMONG) == many:
                return True
        return False

    def _of_many(self, after: Hit | None) -> Found:
        """Return a page of hits that are more than are counted."""
        return self._newest(after) if self.order == Order.NEWEST else self._best(after)

    def _counted(self, texts: Texts, most: int, among: int) -> int:
        """Return how many hits of a kind there are, at most so many.

        They are counted among the newest if so many are likely to be there, and if they
        are not, or not likely, by the index of words.
        """
        ways = [self._some(texts, most)]
        expected = self._expected[texts]
        if self.sql.is_by_story(texts):
            expected = expected.by_story
        if expected.is_met(most, among) and (
            # The planner overlooks what it costs to read all places of several words,
            # and those in comments are many.
            (texts is COMMENTS and "&" in self.parameters["query"])
            or expected.looking(most, among) < expected.reading(most)
        ):
            ways.insert(0, self.sql.any(texts, most, among))
        for way in ways:
            found = self._rows(f"SELECT count(*) FROM {way} AS found")[0][0]
            if found == most:
                break
        return found

    def _looked_at(self, texts: Texts) -> Expected:
        """Return what a look at some of them makes one expect.

        The planner knows how common each word is, not that some come together, and not
        how common they are below some stories or at some time.
        """
        found = self.sql.any(texts, LOOKED_AT, LOOKED_AT)
        ((hits,),) = self._rows(f"SELECT count(*) FROM {found} AS found")
        expected = self._expected[texts]
        rows = hits * expected.meant // LOOKED_AT
        if not self.sql.is_by_story(texts) and not self.filters.in_index(
            texts is STORIES
        ):
            rows = max(rows, expected.rows)
        return expected._replace(rows=rows)

    def _newest(self, after: Hit | None, short: Sequence[Texts] = ()) -> Found:
        """Return a page by date: from the newest texts if they fill it, or from all.

        Of some kinds it may be known that the newest come short.
        """
        most = PAGE_SIZE + 1
        few = {
            texts: texts in short or self._are_few(texts, most) for texts in self.kinds
        }
        hits = self._by_date(few, dict.fromkeys(few, most), after)
        for texts, is_few in few.items():
            found = sum(hit.kind == texts.kind for hit in hits)
            if is_few or found > PAGE_SIZE or not self._end_of_newest(texts, after):
                continue
            hits = [hit for hit in hits if hit.kind != texts.kind]
            hits += self._by_date({texts: True}, {texts: most}, after)
        return self._page_by_date(hits, after)

    def _best(self, after: Hit | None) -> Found:
        """Return a page of the best among the newest hits."""
        few = {texts: self._are_few(texts, MOST_RANKED[texts]) for texts in self.kinds}
        hits = self._by_date(few, MOST_RANKED, is_ranked=True)
        return self._page_of_best(hits, few, after)

    def _page_by_date(self, hits, after: Hit | None) -> Found:
        page, has_more = _page_of(hits, after)
        return Found(page, has_more, total=None, is_by_date=True)

    def _page_of_best(self, hits, few, after: Hit | None) -> Found:
        """Return a page of the best of these hits, and where the rest begins.

        Where even the newest texts have less than a page of hits, it is one by date.
        """
        ends, short = [], []
        for texts, is_few in few.items():
            found = [hit for hit in hits if hit.kind == texts.kind]
            if len(found) >= MOST_RANKED[texts]:
                ends.append(min(hit._replace(rank=0.0) for hit in found))
            elif not is_few and (end := self._end_of_newest(texts)):
                ends.append(end)
                short.append(texts)
        end = max(ends, default=None)
        if end:
            hits = [hit for hit in hits if hit._replace(rank=0.0) >= end]
            if len(hits) < PAGE_SIZE:
                return self._newest(after, [] if after else short)
        page, has_more = _page_of(hits, after)
        return Found(page, has_more, total=None, rest_after=end)

    def _are_few(self, texts: Texts, most: int) -> bool:
        """Whether sorting all hits is cheaper than looking through the newest."""
        expected = self._expected[texts]
        if not expected.is_met(PAGE_SIZE + 1, NEWEST):
            return True
        return expected.reading(expected.rows) < expected.looking(most, NEWEST)

    @cached_property
    def sql(self) -> Statements:
        """The statements, with the texts and the stories that are meant if few are."""
        statements = Statements(self.filters)
        if self.filters.names_source:
            found = self._rows(f"{OF_SOURCE} LIMIT {MOST_NAMED + 1}")
            if len(found) <= MOST_NAMED:
                statements.name_texts()
                for texts, at in ((STORIES, 0), (COMMENTS, 1)):
                    keys = [keys[at] for keys in found if keys[at]]
                    self.parameters[texts.named] = keys
        if self.filters.of_stories():
            most = f"LIMIT {MOST_NAMED + 1}"
            found = self._rows(f"{statements.meant_stories()} {most}")
            if len(found) <= MOST_NAMED:
                statements.stories = [key for (key,) in found]
                self.parameters["stories"] = statements.stories
        return statements

    @cached_property
    def _expected(self) -> dict[Texts, Expected]:
        """What is known of each kind by the statistics of common words."""
        parts = {
            texts: (
                self._to_be_read(texts),
                self.sql.to_expect(texts),
                self.sql.shown(texts, "1"),
                self.sql.meant(texts),
            )
            for texts in self.kinds
        }
        # Mostly some of them are the same.
        statements = [*dict.fromkeys(itertools.chain.from_iterable(parts.values()))]
        every = union(f"({statement})" for statement in statements)
        (((answer,),),) = self._rows(f"EXPLAIN (FORMAT json) {every}")
        members = (
            plan
            for plan in answer["Plan"]["Plans"]
            if plan["Parent Relationship"] == "Member"
        )
        plans = dict(zip(statements, members, strict=True))
        return {
            texts: Expected.of(texts.kind, *map(plans.get, parts[texts]))
            for texts in self.kinds
        }

    def _sorted_whole(
        self, after: Hit | None, most_read: int | None = None
    ) -> tuple[list[Hit], int | None]:
        """Return all hits, if they are no more than are counted, and how many they are.

        If they are more, those of each kind that the page needs; and where more texts
        than are to be read have the words, none, and None.
        """
        parts, totals, excess, hits = [], [], ["false"], []
        for texts in self.kinds:
            words, newest = f"words_{texts.kind}", f"hits_{texts.kind}"
            having = self.sql.having_words(texts, is_bare=self._is_bare(texts))
            read = words
            if most_read:
                # Apart from the rest, which is to be planned for all of them.
                read = f"read_{texts.kind}"
                parts.append(f"{words} AS MATERIALIZED ({having})")
                having = f"SELECT * FROM {words} LIMIT {most_read + 1}"
                excess.append(f"(SELECT count(*) FROM {read}) > {most_read}")
            checked = self.sql.checked(texts, read, MOST_COUNTED + 1)
            parts += [
                f"{read} AS MATERIALIZED ({having})",
                f"{newest} AS MATERIALIZED ({checked})",
            ]
            totals.append(f"(SELECT count(*) FROM {newest})")
            hits += self._of_sorted(texts, read, newest, after)
        rows = self._rows(
            f"""WITH {", ".join(parts)}, total (n) AS (
                SELECT CASE WHEN {" OR ".join(excess)} THEN NULL
                    ELSE {" + ".join(totals)} END
            )
            SELECT n, {_HIT} FROM total LEFT JOIN ({union(hits)}) AS hit ON true""",
            after,
        )
        return [Hit(*row[1:]) for row in rows if row[1] is not None], rows[0][0]

    def _of_sorted(
        self, texts: Texts, words: str, newest: str, after: Hit | None
    ) -> list[str]:
        """Return the statements of all hits of a kind, or of those that a page needs.

        That are the newest, to be ranked; or those after a hit.
        """
        is_ranked = self.order == Order.BEST
        few, many = f"n <= {MOST_COUNTED}", f"n > {MOST_COUNTED}"
        most = MOST_RANKED[texts] if is_ranked else PAGE_SIZE + 1
        are_next = is_ranked or not after
        statements = [
            f"""
            SELECT {newest}.* FROM {newest}, total WHERE {few} OR {many} AND {are_next}
            ORDER BY at DESC, id DESC
            LIMIT (SELECT CASE WHEN {few} THEN n ELSE {most} END FROM total)
        """
        ]
        if not are_next:
            page = self.sql.checked(texts, words, most, after)
            statements.append(f"""
                SELECT hit.* FROM total CROSS JOIN LATERAL ({page}) AS hit WHERE {many}
            """)
        rank = self.sql.rank(texts, is_ranked)
        return [
            f"(SELECT {rank} AS rank, hit.* FROM ({statement}) AS hit)"
            for statement in statements
        ]

    def _by_date(self, few, most, after=None, *, is_ranked=False) -> list[Hit]:
        """Return the newest hits of each kind, in no order.

        `few` says for each kind whether to sort all hits, or to look through the newest
        texts; `most` is how many of each.
        """
        found = []
        for texts, is_few in few.items():
            if is_few:
                way = self.sql.sorted(
                    texts,
                    most[texts],
                    after,
                    is_ranked=is_ranked,
                    is_bare=self._is_bare(texts),
                )
            else:
                way = self.sql.walk(
                    texts, most[texts], NEWEST, after, is_ranked=is_ranked
                )
            found.append(way)
        return self._hits(union(found), after)

    def _some(self, texts: Texts, most: int) -> str:
        return self.sql.some(texts, most, is_bare=self._is_bare(texts))

    def _end_of_newest(self, texts: Texts, after: Hit | None = None) -> Hit | None:
        """Return the last of the newest texts after a hit; None if there are less.

        All that are shown count, found or not. OFFSET reads entries of the index alone,
        and never more of them than these.
        """
        newest = self.sql.newest_texts(texts, after, f"{texts.name}.id")
        last = f"""
            SELECT {NO_RANK} AS rank, place_at AS at, '{texts.kind}' AS kind, id,
                0 AS story, '' AS code, '' AS precision
            FROM ({newest} OFFSET {NEWEST - 1} LIMIT 1) AS newest
        """
        return next(iter(self._hits(last, after)), None)

    def _to_be_read(self, texts: Texts) -> str:
        """Return what the costs of reading all hits are taken from."""
        if self.sql.stories is not None:
            return self.sql.to_expect(texts)
        return self.sql.every(texts)

    def _is_bare(self, texts: Texts) -> bool:
        """Whether times are named as the indexes do: of a small range, or none."""
        if not self.filters.in_index(texts is STORIES):
            return True
        return self._expected[texts].texts <= COUNTED_AMONG

    def _hits(self, statement: str, after: Hit | None = None) -> list[Hit]:
        rows = self._rows(f"SELECT {_HIT} FROM ({statement}) AS hit", after)
        return [Hit(*row) for row in rows]

    def _rows(self, statement: str, after: Hit | None = None) -> list[tuple]:
        place = {"after_at": moment(after.at), "after_pk": after.pk} if after else {}
        with connection.cursor() as cursor:
            cursor.execute(statement, self.parameters | place)
            return cursor.fetchall()


@contextmanager
def words_first() -> Iterator[None]:
    """Let the planner read no index in its order, only whole answers."""
    _set(enable_indexscan="off", enable_indexonlyscan="off")
    yield
    _set(enable_indexscan="on", enable_indexonlyscan="on")


def _set(**settings: str) -> None:
    """Change settings until the transaction ends."""
    changes = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    values = [text for setting in settings.items() for text in setting]
    prepared_rows(f"SELECT {changes}", values)


def _page_of(hits: Sequence[Hit], after: Hit | None) -> tuple[list[Hit], bool]:
    """Return the page of these hits after one of them, and whether there are more."""
    rest = sorted((hit for hit in hits if not after or hit < after), reverse=True)
    return rest[:PAGE_SIZE], len(rest) > PAGE_SIZE
