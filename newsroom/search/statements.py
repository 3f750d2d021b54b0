"""The statements that find texts: stories and comments, with words or without.

They are written by hand, and leave the planner no other way than the one they are
called after: a LIMIT inside or a materialised part is planned as it stands there.
"""

# ruff: noqa: S608 (statements are put together here, none of a reader's words in them)
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from newsroom.search.conditions import (
    COMMENT_AT,
    COMMENT_IS_PUBLIC,
    STORY_AT,
    STORY_IS_OUT,
)
from newsroom.search.hits import COMMENT, STORY, Hit

NO_RANK = "0::real"
# What a hit is made of but its rank.
COLUMNS = ("at", "kind", "id", "story", "code", "precision")
# Of the type of the keys: only so it is not looked through for each comment.
OF_THESE = "said.discussion_id = ANY(%(stories)s::bigint[])"


# What a file brought.
OF_SOURCE = (
    "SELECT record.article_id, record.comment_id FROM archive_record AS record"
    " WHERE record.source_id = %(source)s"
)


class Texts(NamedTuple):
    """How statements name the texts of a kind.

    A word in a story's headline counts for more than one in a comment.
    """

    kind: str
    table: str
    name: str
    at: str
    precision: str
    story: str
    are_shown: str
    weights: str
    # What looking through the newest needs of each.
    read: str

    @property
    def columns(self) -> str:
        """COLUMNS of a text."""
        code = f"split_part({self.name}.language, '-', 1)"
        found = (self.at, f"'{self.kind}'", f"{self.name}.id", self.story, code)
        pairs = zip((*found, self.precision), COLUMNS, strict=True)
        return ", ".join(f"{expression} AS {name}" for expression, name in pairs)

    @property
    def named(self) -> str:
        """The parameter that has the keys of those that are meant."""
        return f"named_{self.kind}"

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
    "story.published_precision",
    "story.id",
    STORY_IS_OUT,
    "{0.1,0.2,0.4,1}",
    "story.id, story.section_id, story.language, story.listed_at,"
    " story.published_precision, story.search_vector",
)
COMMENTS = Texts(
    COMMENT,
    "comments_comment",
    "said",
    COMMENT_AT,
    "said.posted_precision",
    "said.discussion_id",
    COMMENT_IS_PUBLIC,
    "{0.1,0.2,0.4,0.4}",
    "said.id, said.discussion_id, said.language, said.posted_at,"
    " said.posted_precision, said.search_vector",
)


class Statements:
    """Puts together the statements of one search."""

    def __init__(self, filters):
        self.filters = filters
        # The keys of the stories that are meant, where they are to be named one by one.
        self.stories: list[int] | None = None
        self.names_texts = False

    def name_texts(self):
        """Have what a file brought named one by one."""
        self.filters = self.filters.without("source")
        self.names_texts = True

    def _of_texts(self, texts: Texts) -> list[str]:
        """Return the conditions of texts by what they are themselves."""
        conditions = self.filters.of_texts(texts is STORIES)
        if self.names_texts:
            conditions.append(f"{texts.name}.id = ANY(%({texts.named})s::bigint[])")
        return conditions

    def some(self, texts: Texts, most: int, *, is_bare: bool) -> str:
        """Return the statement of some hits of a kind, or of all if there are less.

        The planner takes words for more frequent than they are together, and with a
        LIMIT it would hope to meet enough of them soon on any other way than by the
        index of words. So that is planned for all hits, and read no further than asked.
        """
        every = self.every(texts, is_bare=is_bare)
        return f"""(
            WITH hit AS MATERIALIZED ({every}) SELECT * FROM hit LIMIT {most}
        )"""

    def sorted(
        self, texts: Texts, most: int, after: Hit | None, *, is_ranked, is_bare
    ) -> str:
        """Return the statement of the newest hits, by sorting all."""
        having = self.having_words(texts, is_bare=is_bare)
        newest = self.checked(texts, "having_words", most, after)
        return f"""(
            SELECT {self.rank(texts, is_ranked)} AS rank, hit.* FROM (
                WITH having_words AS MATERIALIZED ({having}) {newest}
            ) AS hit
        )"""

    def checked(
        self, texts: Texts, having_words: str, most: int, after: Hit | None = None
    ) -> str:
        """Return the statement of the newest hits among texts that have the words.

        What other tables say of a text is asked of one after another, from the newest
        on, and of no more than it takes.
        """
        # Not inside, where an index of dates would be read from there to its end.
        older = " AND ".join(before(texts.kind, "at", "id", after)) or "true"
        name = texts.name
        columns = ", ".join(f"{name}.{column}" for column in COLUMNS)
        return f"""
            SELECT {columns} FROM (
                -- As the conditions of comments call it.
                SELECT *, story AS discussion_id FROM {having_words}
                WHERE {older} ORDER BY at DESC, id DESC
            ) AS {name} {self._beside(texts)}
            ORDER BY {name}.at DESC, {name}.id DESC LIMIT {most}
        """

    def any(self, texts: Texts, most: int, among: int) -> str:
        """Return the statement of some hits, by looking through so many texts.

        Where comments of some stories are meant, those are the texts; else the newest.
        """
        if not self.is_by_story(texts):
            return self.walk(texts, most, among)
        conditions = [texts.match, *self._of_texts(texts)]
        stories = "SELECT unnest(%(stories)s::bigint[])"
        if self.stories is None:
            stories = self.meant_stories()
        return f"""(
            SELECT 1 FROM (
                SELECT said.* FROM ({stories}) AS story (id)
                CROSS JOIN LATERAL (
                    {self.shown(texts, texts.read, f"{texts.story} = story.id")}
                    OFFSET 0
                ) AS said LIMIT {among}
            ) AS said {self.filters.beside_texts(is_story=False)}
            WHERE {" AND ".join(conditions)} LIMIT {most}
        )"""

    def is_by_story(self, texts: Texts) -> bool:
        """Whether to go from story to story; of one, an index has the comments."""
        if texts is STORIES or self.filters.names_story:
            return False
        return bool(self.filters.of_stories())

    def meant_stories(self) -> str:
        """Return the statement of the stories that are meant."""
        conditions = " AND ".join([STORIES.are_shown, *self.filters.of_stories()])
        return f"SELECT story.id FROM {STORIES.table} AS story WHERE {conditions}"

    def rank(self, texts: Texts, is_ranked: bool) -> str:
        """Return the rank of a hit, of those alone that are left: it unpacks a text."""
        if not is_ranked:
            return NO_RANK
        table = f"{texts.table} AS {texts.name}"
        return f"(SELECT {texts.rank} FROM {table} WHERE {texts.name}.id = hit.id)"

    def walk(
        self,
        texts: Texts,
        most: int,
        among: int,
        after: Hit | None = None,
        *,
        is_ranked: bool = False,
    ) -> str:
        """Return the statement of the newest hits, by looking through the newest texts.

        Those are so many whether they are hits or not; it ends when it has enough.
        """
        rank = texts.rank if is_ranked else NO_RANK
        conditions = [texts.match, *self._of_texts(texts)]
        if texts is STORIES:
            conditions += self.filters.of_stories()
        elif self.stories is not None:
            conditions.append(OF_THESE)
        return f"""(
            SELECT {rank} AS rank, {texts.columns} FROM (
                {self.newest_texts(texts, after, texts.read)} LIMIT {among}
            ) AS {texts.name} {self._with_story(texts)}
            {self.filters.beside_texts(texts is STORIES)}
            WHERE {" AND ".join(conditions)}
            ORDER BY {texts.name}.place_at DESC, {texts.name}.id DESC LIMIT {most}
        )"""

    def newest_texts(self, texts: Texts, after: Hit | None, columns: str) -> str:
        """Return the statement of texts by date, in the order of an index."""
        columns = f"{columns}, {texts.at} AS place_at"
        older = before(texts.kind, texts.at, f"{texts.name}.id", after)
        return f"""
            {self.shown(texts, columns, *older)}
            ORDER BY {texts.at} DESC, {texts.name}.id DESC
        """

    def shown(self, texts: Texts, columns: str, *conditions: str) -> str:
        """Return the statement of texts, hits or not, in a range of an index."""
        ranges = self.filters.in_index(texts is STORIES)
        conditions = " AND ".join([texts.are_shown, *ranges, *conditions])
        table = f"{texts.table} AS {texts.name}"
        return f"SELECT {columns} FROM {table} WHERE {conditions}"

    def meant(self, texts: Texts) -> str:
        """Return the statement of texts, hits or not, of the stories that are meant."""
        if not self.is_by_story(texts):
            return self.shown(texts, "1")
        stories = f"{texts.story} IN ({self.meant_stories()})"
        return self.shown(texts, "1", stories)

    def every(self, texts: Texts, *, is_bare: bool = True) -> str:
        """Return the statement of all hits of a kind, planned as PostgreSQL likes."""
        return self._select(texts, "1", self._beside(texts), is_bare=is_bare)

    def having_words(self, texts: Texts, *, is_bare: bool) -> str:
        """Return the statement of all texts that are hits but for what is beside them.

        Of some stories alone, where those are few; else joined with all that are meant.
        """
        return self._select(texts, texts.columns, is_bare=is_bare)

    def to_expect(self, texts: Texts) -> str:
        """Return the statement of all hits, as the planner sees how many they are."""
        beside = "" if self.filters.of_stories() else self._with_story(texts)
        conditions = self.filters.beside_as_conditions(texts is STORIES)
        return self._select(texts, "1", beside, conditions, names_stories=False)

    def _select(
        self,
        texts: Texts,
        columns: str,
        beside: str = "",
        conditions: Sequence[str] = (),
        *,
        is_bare: bool = True,
        names_stories: bool = True,
    ) -> str:
        """Return the statement of texts that have the words and are of what is meant.

        Unless `is_bare`, times are no column of an index: to read much of that takes
        longer than the hits themselves.
        """
        of_stories = self.filters.of_stories()
        of_texts = self._of_texts(texts)
        if not is_bare:
            at = f"({texts.at} + interval '0')"
            of_texts = [condition.replace(texts.at, at) for condition in of_texts]
        conditions = [texts.match, texts.are_shown, *of_texts, *conditions]
        table = f"{texts.table} AS {texts.name}"
        if texts is STORIES:
            conditions += of_stories
        elif names_stories and self.stories is not None:
            conditions.append(OF_THESE)
        elif of_stories:
            # It may be better to go from the stories to their comments.
            table += f" JOIN {STORIES.table} AS story ON story.id = {texts.story}"
            conditions += [STORIES.are_shown, *of_stories]
        where = " AND ".join(conditions)
        return f"SELECT {columns} FROM {table} {beside} WHERE {where}"

    def _beside(self, texts: Texts) -> str:
        """Return the joins with what other tables say of texts, one by one."""
        story = "" if self.filters.of_stories() else self._with_story(texts)
        return story + self.filters.beside_texts(texts is STORIES)

    def _with_story(self, texts: Texts) -> str:
        """Join comments with their stories one by one, if those are meant."""
        if texts is STORIES or self.stories is not None:
            return ""
        conditions = " AND ".join([STORIES.are_shown, *self.filters.of_stories()])
        return f""" CROSS JOIN LATERAL (
            SELECT 1 FROM {STORIES.table} AS story
            WHERE story.id = {texts.story} AND {conditions} LIMIT 1
        ) AS story"""


def union(statements: Iterable[str]) -> str:
    return " UNION ALL ".join(statements)


def before(kind: str, at: str, key: str, hit: Hit | None) -> list[str]:
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
