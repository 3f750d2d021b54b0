"""Proving that the archive is what it says: files rehashed, books, threads recounted.

Nothing is mended here. Every difference becomes a sentence.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.db import connection

from comments.models import Comment
from comments.text import render
from newsroom.archive.exporting.selection import ROWS_AT_ONCE, one_moment
from newsroom.archive.models import (
    Change,
    Outcome,
    Record,
    Source,
    SourceState,
    sources_storage,
)

_CHUNK = 1024 * 1024
# So much of a path or text is shown.
_SHOWN = 60

_POSITIONS = """
    SELECT source_id, count(*), min(position), max(position)
    FROM archive_record GROUP BY source_id
    HAVING min(position) <> 1 OR max(position) <> count(*)
    ORDER BY source_id
"""

_BOOKS = """
    SELECT source_id, kind, outcome, change, count(*)
    FROM archive_record GROUP BY source_id, kind, outcome, change
"""

# If each path is its parent's and its own number, then each is what the parents and
# numbers alone would give: paths grow from parent to reply, so parents make no circle.
_DAMAGED_DISCUSSIONS = """
    SELECT DISTINCT comment.discussion_id
    FROM comments_comment AS comment
    LEFT JOIN comments_comment AS parent ON parent.id = comment.parent_id
        AND parent.discussion_id = comment.discussion_id
    WHERE comment.depth IS DISTINCT FROM cardinality(comment.path)
        OR (comment.parent_id IS NOT NULL AND parent.id IS NULL)
        OR comment.path IS DISTINCT FROM
            coalesce(parent.path, '{}') || comment.number
    ORDER BY comment.discussion_id
"""

# Only where that fails is a thread rebuilt, to name the comments that are wrong.
_REBUILT_THREAD = """
    WITH RECURSIVE rebuilt (id, path) AS (
        SELECT id, ARRAY[number] FROM comments_comment
        WHERE discussion_id = %(discussion)s AND parent_id IS NULL
        UNION ALL
        SELECT reply.id, rebuilt.path || reply.number
        FROM rebuilt JOIN comments_comment AS reply ON reply.parent_id = rebuilt.id
    )
    SELECT comment.id, comment.path, comment.depth, rebuilt.path
    FROM comments_comment AS comment LEFT JOIN rebuilt USING (id)
    WHERE comment.discussion_id = %(discussion)s
        AND (comment.path IS DISTINCT FROM rebuilt.path
            OR comment.depth IS DISTINCT FROM cardinality(comment.path))
    ORDER BY comment.id
"""

_NUMBERS = """
    SELECT discussion_id, number, count(*) FROM comments_comment
    GROUP BY discussion_id, number HAVING count(*) > 1
    ORDER BY discussion_id, number
"""

_SUMMARIES = """
    WITH counted AS (
        SELECT discussion_id, max(number) AS highest,
            count(*) FILTER (WHERE status = 'public' AND kind = 'comment') AS shown,
            max(number) FILTER (WHERE status = 'public' AND kind = 'comment') AS latest
        FROM comments_comment GROUP BY discussion_id
    )
    SELECT article_id, last_number, coalesce(highest, 0), comment_count,
        coalesce(shown, 0), last_comment_id, last_comment.id
    FROM comments_discussion AS discussion
    LEFT JOIN counted ON counted.discussion_id = article_id
    LEFT JOIN comments_comment AS last_comment
        ON last_comment.discussion_id = article_id AND last_comment.number = latest
    WHERE last_number < coalesce(highest, 0)
        OR comment_count <> coalesce(shown, 0)
        OR last_comment_id IS DISTINCT FROM last_comment.id
    ORDER BY article_id
"""

_BRANCHES = """
    WITH counted AS (
        SELECT discussion_id, path[1] AS number, count(*) AS size
        FROM comments_comment
        WHERE status IN ('public', 'removed') AND kind = 'comment'
        GROUP BY discussion_id, path[1]
    )
    SELECT discussion_id, number, coalesce(branch.size, 0), coalesce(counted.size, 0)
    FROM comments_branch AS branch
    FULL JOIN counted USING (discussion_id, number)
    WHERE branch.size IS DISTINCT FROM counted.size
    ORDER BY discussion_id, number
"""

_WITHOUT_DISCUSSION = """
    SELECT id FROM articles_article AS article WHERE NOT EXISTS (
        SELECT FROM comments_discussion WHERE article_id = article.id
    ) ORDER BY id
"""

_DANGLING = """
    SELECT source_id, position, record.kind,
        coalesce(record.comment_id, record.article_id)
    FROM archive_record AS record
    LEFT JOIN articles_article AS article ON article.id = record.article_id
    LEFT JOIN comments_comment AS comment ON comment.id = record.comment_id
    WHERE (record.article_id IS NOT NULL AND article.id IS NULL)
        OR (record.comment_id IS NOT NULL AND comment.id IS NULL)
    ORDER BY source_id, position
"""

_GIVES_NOTHING = """
    SELECT kind, count(*) FROM archive_record
    WHERE outcome IN ('public', 'hidden')
        AND ((kind = 'article' AND article_id IS NULL)
            OR (kind = 'comment' AND comment_id IS NULL))
    GROUP BY kind
"""


@dataclass
class Verification:
    """One pass over the archive, or over all but the rendering of its comments.

    `tell` is called after each file, recount and comment. `seen` counts what was looked
    at, `gone` the stored records whose story or comment was deleted since.
    """

    with_rendering: bool = True
    tell: Callable[[], None] = lambda: None
    seen: Counter = field(default_factory=Counter)
    gone: Counter = field(default_factory=Counter)

    def total(self) -> int:
        """Return how much there is to look at, in the units that `tell` counts."""
        comments = Comment.objects.count() if self.with_rendering else 0
        return Source.objects.count() + len(self.recounts()) + comments

    def recounts(self) -> list[Callable[[], Iterator[str]]]:
        return [
            self.books,
            self.positions,
            self.pointers,
            self.paths,
            self.numbers,
            self.summaries,
            self.branches,
        ]

    def differences(self) -> Iterator[str]:
        """Yield what is not as it should be, of one moment, whatever others write."""
        with one_moment():
            self.seen["records"] = Record.objects.count()
            self.seen["comments"] = Comment.objects.count()
            yield from self.files()
            for recount in self.recounts():
                yield from recount()
                self.tell()
            if self.with_rendering:
                yield from self.rendering()

    def files(self) -> Iterator[str]:
        """Look at each kept file: it is there, and is byte for byte what came."""
        storage = sources_storage()
        sources = Source.objects.order_by("pk")
        for source in sources.only("name", "file", "size", "sha256").iterator():
            self.seen["sources"] += 1
            if not source.file or not storage.exists(source.file.name):
                yield f"{_named(source)}: its file is not in the storage."
            else:
                yield from _differences_of_file(source, storage)
            self.tell()

    def books(self) -> Iterator[str]:
        """Recount each source's ledger from its records."""
        counted = defaultdict(lambda: defaultdict(Counter))
        for source, kind, outcome, change, count in _rows(_BOOKS):
            for column in ("found", outcome, change):
                counted[source][kind][column] += count
        # While a file is being taken in, or when that failed, its books are open.
        closed = (SourceState.DONE, SourceState.TRUNCATED)
        sources = Source.objects.filter(state__in=closed).order_by("pk")
        for source in sources.only("name", "ledger").iterator():
            yield from _differences_of_books(source, counted.get(source.pk, {}))

    def positions(self) -> Iterator[str]:
        for source, count, first, last in _rows(_POSITIONS):
            yield (
                f"Source {source}: its {count} records stand at positions {first} to "
                f"{last}, so some are missing."
            )

    def pointers(self) -> Iterator[str]:
        """See that each stored record's story or comment is there, or was deleted."""
        for source, position, kind, key in _rows(_DANGLING):
            yield (
                f"Source {source}, record {position}: it gave {kind} {key}, which "
                "does not exist."
            )
        self.gone.update(dict(_rows(_GIVES_NOTHING)))

    def paths(self) -> Iterator[str]:
        for (discussion,) in _rows(_DAMAGED_DISCUSSIONS):
            rows = _rows(_REBUILT_THREAD, {"discussion": discussion})
            for pk, path, depth, rebuilt in rows:
                yield _difference_of_path(pk, path, depth, rebuilt)

    def numbers(self) -> Iterator[str]:
        for discussion, number, count in _rows(_NUMBERS):
            yield f"Discussion {discussion}: {count} comments have the number {number}."

    def summaries(self) -> Iterator[str]:
        for (article,) in _rows(_WITHOUT_DISCUSSION):
            yield f"Article {article}: it has no discussion."
        for row in _rows(_SUMMARIES):
            yield from _differences_of_summary(*row)

    def branches(self) -> Iterator[str]:
        for discussion, number, said, count in _rows(_BRANCHES):
            yield (
                f"Discussion {discussion}: the branch of #{number} is said to have "
                f"{said} comments, and {count} are shown."
            )

    def rendering(self) -> Iterator[str]:
        """Render each comment anew and compare."""
        comments = Comment.objects.order_by("pk")
        rows = comments.values_list("pk", "body", "body_format", "body_html")
        for pk, body, body_format, html in rows.iterator(ROWS_AT_ONCE):
            if render(body, body_format) != html:
                yield (
                    f"Comment {pk}: what is shown is not what its text gives; saving "
                    "it renders it anew."
                )
            self.tell()


def _rows(statement: str, names: dict | None = None) -> Iterator[tuple]:
    """Yield a statement's rows from the server as they are read."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, names)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows


def _named(source: Source) -> str:
    return f"Source {source.pk} “{source.name}”"


def _differences_of_file(source: Source, storage) -> Iterator[str]:
    digest, size = hashlib.sha256(), 0
    try:
        with storage.open(source.file.name) as file:
            while data := file.read(_CHUNK):
                digest.update(data)
                size += len(data)
    except OSError as error:
        yield f"{_named(source)}: its file cannot be read ({error})."
        return
    if size != source.size:
        yield f"{_named(source)}: its file has {size} bytes, not {source.size}."
    if digest.hexdigest() != source.sha256:
        yield (
            f"{_named(source)}: its file has the SHA-256 {digest.hexdigest()}, "
            f"not {source.sha256}."
        )


def _differences_of_books(source: Source, counted: dict) -> Iterator[str]:
    for kind in sorted({*source.ledger, *counted}):
        said, counts = Counter(source.ledger.get(kind)), counted.get(kind, Counter())
        for column in ("found", *Outcome.values, *Change.values):
            if said[column] != counts[column]:
                yield (
                    f"{_named(source)}: its ledger says {said[column]} {kind} records "
                    f"were {column}, its records say {counts[column]}."
                )
        accounted = sum(said[outcome] for outcome in Outcome.values)
        if said["found"] != accounted:
            yield (
                f"{_named(source)}: its ledger has {said['found']} {kind} records "
                f"found, and {accounted} accounted for."
            )


def _difference_of_path(pk: int, path: list, depth: int, rebuilt: list | None) -> str:
    if rebuilt is None:
        return (
            f"Comment {pk}: no top-level comment of its discussion leads to it by its "
            "parents."
        )
    if path != rebuilt:
        return (
            f"Comment {pk}: its path is {path!s:.{_SHOWN}}, its parents and numbers "
            f"give {rebuilt!s:.{_SHOWN}}."
        )
    return f"Comment {pk}: its depth is {depth}, its path has {len(path)} numbers."


def _differences_of_summary(
    article, last_number, highest, said_count, count, said_last, last
) -> Iterator[str]:
    start = f"Discussion {article}: "
    if last_number < highest:
        yield f"{start}its last number is {last_number}, but comment #{highest} exists."
    if said_count != count:
        yield f"{start}it says {said_count} comments, and {count} are public."
    if said_last != last:
        yield f"{start}its last comment is {said_last}, and should be {last}."
