"""What a Newsroom archive brings is perhaps here already: in the site that wrote it, or
in one that has taken in files that the archive was made from.

A story or comment is recognised by the archive's records, which say what it was in
which file, when that file was taken in here as well; or, where a Newsroom itself has
written it, by its address and the microsecond in which it came, which both are kept
when an archive is taken in.
"""

from articles.models import Article
from newsroom.archive.formats import jsonl
from newsroom.archive.importing.staging import execute, rows
from newsroom.archive.models import Record, Source

# Tables with statistics of their own, as the planner knows nothing of what JSON holds.
# `here` is a story's or comment's key in this site; NULL: it was deleted here.
TABLES = """
    CREATE TEMPORARY TABLE IF NOT EXISTS archive_kept (
        kind text, id text, source_id bigint, given_id text, occurrence integer
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE IF NOT EXISTS archive_here (
        kind text, id text, here bigint
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE IF NOT EXISTS archive_same (
        position integer, here bigint, is_own boolean, turn bigint
    ) ON COMMIT DROP;
    TRUNCATE archive_kept, archive_here, archive_same
"""
KEPT = """
    INSERT INTO archive_kept
    SELECT kept.kind, payload ->> kept.kind, source.id, kept.given_id, kept.occurrence
    FROM archive_staged AS staged
    JOIN archive_staged_payload AS given USING (position)
    JOIN archive_source AS source ON source.sha256 = payload ->> 'source'
    CROSS JOIN LATERAL jsonb_to_record(payload -> 'fields') AS kept (
        kind text, given_id text, occurrence integer, outcome text
    )
    WHERE staged.kind = 'record' AND staged.fault = ''
        AND kept.kind IN ('article', 'comment') AND payload ->> kept.kind <> ''
        AND kept.outcome <> 'set_aside'
"""
HERE = """
    INSERT INTO archive_here
    SELECT DISTINCT ON (kind, kept.id) kind, kept.id,
        coalesce(record.article_id, record.comment_id) AS here
    FROM archive_kept AS kept
    JOIN archive_record AS record USING (source_id, kind, given_id, occurrence)
    WHERE record.outcome <> 'set_aside'
    ORDER BY kind, kept.id, coalesce(record.article_id, record.comment_id) IS NULL,
        record.outcome = 'linked', record.id DESC
"""
# An address that a story had before leads to it as well.
STORIES = """
    SELECT DISTINCT ON (position) position, here FROM (
        SELECT staged.position, here.here
        FROM archive_staged AS staged
        JOIN archive_here AS here ON here.kind = 'article' AND here.id = staged.given_id
        WHERE staged.kind = 'article' AND staged.occurrence = 1
        UNION ALL
        SELECT staged.position, article.id
        FROM archive_staged AS staged
        JOIN archive_staged_payload AS given USING (position)
        JOIN (
            SELECT id, slug FROM articles_article
            UNION ALL
            SELECT article_id, slug FROM articles_formerslug
        ) AS known ON known.slug = payload ->> 'slug'
        JOIN articles_article AS article ON article.id = known.id
            AND article.created_at = (payload -> 'created' ->> 'at')::timestamptz
        WHERE staged.kind = 'article'
    ) AS found
    ORDER BY position, here IS NULL
"""
COMMENTS = """
    INSERT INTO archive_same
    SELECT position, here, is_own,
        row_number() OVER (PARTITION BY here ORDER BY position)
    FROM (
        SELECT DISTINCT ON (position) position, here, is_own FROM (
            SELECT planned.position, live.id AS here, true AS is_own
            FROM archive_planned AS planned
            JOIN archive_staged_comment AS comment USING (position)
            JOIN comments_comment AS live ON live.id = comment.key
                AND live.created_at = comment.created_at
            WHERE planned.change = 'new' AND comment.key > 0
            UNION ALL
            SELECT planned.position, here.here, false
            FROM archive_planned AS planned
            JOIN archive_staged AS staged USING (position)
            JOIN archive_here AS here ON here.kind = 'comment'
                AND here.id = staged.given_id
            WHERE planned.change = 'new' AND staged.occurrence = 1
        ) AS found
        ORDER BY position, here IS NULL, is_own DESC
    ) AS once
"""
# As with a newer file: what nobody decided here is as the file has it. Ids and parents
# are numbers of another site there, so the comments themselves are compared. But of
# what this site wrote the archive tells how it was: it may have been edited since.
KNOW_COMMENTS = """
    UPDATE archive_planned AS planned SET
        comment_id = same.here,
        outcome = CASE
            WHEN same.here IS NULL THEN 'set_aside'
            WHEN same.turn > 1 THEN 'linked'
            WHEN live.status_changed_at IS NULL AND NOT same.is_own
                THEN planned.outcome
            WHEN live.status = 'public' AND live.kind = 'comment' THEN 'public'
            ELSE 'hidden'
        END,
        change = CASE
            WHEN same.here IS NULL OR same.turn > 1 OR same.is_own THEN 'unchanged'
            WHEN (
                live.author_name, live.author_url, live.body, live.body_format,
                live.language, live.is_truncated, live.posted_at,
                live.posted_precision, live.edited_at, live.edited_precision, live.kind
            ) IS DISTINCT FROM (
                comment.author_name, comment.author_url, comment.body,
                comment.body_format, comment.language, comment.is_truncated,
                comment.posted_at, comment.posted_precision, comment.edited_at,
                comment.edited_precision, comment.kind
            ) THEN 'changed'
            WHEN live.status_changed_at IS NULL
                AND (live.status, live.status_reason)
                    <> (comment.status, comment.status_reason) THEN 'changed'
            ELSE 'unchanged'
        END,
        reason = CASE
            WHEN same.here IS NULL THEN %(deleted)s
            WHEN same.turn > 1 THEN 'It is here already, as comment #' || live.number
            ELSE planned.reason
        END
    FROM archive_same AS same
    JOIN archive_staged_comment AS comment USING (position)
    LEFT JOIN comments_comment AS live ON live.id = same.here
    WHERE planned.position = same.position
"""
MOVED_COMMENTS = """
    UPDATE archive_planned AS planned SET change = 'changed'
    FROM (
        SELECT reply.position
        FROM archive_same AS same
        JOIN archive_planned AS reply USING (position)
        JOIN archive_planned AS parent ON parent.position = reply.parent_position
            AND parent.head = reply.head AND parent.outcome <> 'set_aside'
        JOIN comments_comment AS live ON live.id = reply.comment_id
        WHERE reply.change = 'unchanged' AND reply.outcome IN ('public', 'hidden')
            AND NOT same.is_own AND live.reply_basis <> 'edited'
            AND live.parent_id IS DISTINCT FROM parent.comment_id
    ) AS moved
    WHERE planned.position = moved.position
"""


class Recognition:
    """What of the staged archive is here; of other formats nothing is found so."""

    def __init__(self, source: Source):
        is_empty = not (Article.objects.exists() or Record.objects.exists())
        self.is_needed = source.format == jsonl.NAME and not is_empty
        if self.is_needed:
            execute(TABLES)
            if execute(KEPT):
                execute("ANALYZE archive_kept")
                execute(HERE)
            execute("ANALYZE archive_here")

    def stories(self) -> dict[int, int | None]:
        """Return the stories here by positions in the file; None: deleted here."""
        return dict(rows(STORIES)) if self.is_needed else {}

    def settle_comments(self, deleted: str) -> bool:
        """Settle planned comments that are here; tell whether there are any."""
        if not self.is_needed or not execute(COMMENTS):
            return False
        execute("ANALYZE archive_same")
        execute(KNOW_COMMENTS, deleted=deleted)
        execute(MOVED_COMMENTS)
        return True
