from django.db import migrations

# A discussion's mark tells anybody that something has changed: so only what readers see
# moves it, be it as a tombstone, and never the same mark comes twice. Of other comments
# the summary has but the number.
SUMMARY = """
DROP FUNCTION comments_update_summary;
CREATE OR REPLACE FUNCTION comments_update_summary(
    discussion bigint, added integer, highest integer, is_seen boolean
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- The lock comes first: the next statement then sees what others have committed.
    PERFORM 1 FROM comments_discussion
        WHERE article_id = discussion FOR NO KEY UPDATE;
    UPDATE comments_discussion SET
        comment_count = comment_count + added,
        last_number = greatest(last_number, highest),
        last_comment_id = (
            SELECT id FROM comments_comment
            WHERE discussion_id = discussion
                AND status = 'public' AND kind = 'comment'
            ORDER BY number DESC LIMIT 1
        ),
        changed_at = CASE WHEN is_seen THEN greatest(
            clock_timestamp(), changed_at + interval '1 microsecond'
        ) ELSE changed_at END
        WHERE article_id = discussion AND (is_seen OR last_number < highest);
END $$;

CREATE OR REPLACE FUNCTION comments_summarise_insert() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM comments_update_summary(discussion_id, added, highest, is_seen) FROM (
        SELECT discussion_id, max(number) AS highest,
            (count(*) FILTER (WHERE status = 'public' AND kind = 'comment'))::integer
                AS added,
            bool_or(status IN ('public', 'removed') AND kind = 'comment') AS is_seen
        FROM new_rows GROUP BY discussion_id ORDER BY discussion_id
    ) AS change;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION comments_summarise_update() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM comments_update_summary(discussion_id, added, 0, is_seen) FROM (
        SELECT discussion_id, sum(
            CASE WHEN status = 'public' AND kind = 'comment' THEN sign ELSE 0 END
        )::integer AS added,
            bool_or(status IN ('public', 'removed') AND kind = 'comment') AS is_seen
        FROM (
            SELECT discussion_id, status, kind, 1 AS sign FROM new_rows
            UNION ALL
            SELECT discussion_id, status, kind, -1 FROM old_rows
        ) AS versions GROUP BY discussion_id ORDER BY discussion_id
    ) AS change;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION comments_summarise_delete() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM comments_update_summary(discussion_id, removed, 0, is_seen) FROM (
        SELECT discussion_id,
            -(count(*) FILTER (WHERE status = 'public' AND kind = 'comment'))::integer
                AS removed,
            bool_or(status IN ('public', 'removed') AND kind = 'comment') AS is_seen
        FROM old_rows GROUP BY discussion_id ORDER BY discussion_id
    ) AS change;
    RETURN NULL;
END $$;
"""
FORMER_SUMMARY = """
DROP FUNCTION comments_update_summary;
CREATE OR REPLACE FUNCTION comments_update_summary(
    discussion bigint, added integer, highest integer
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- The lock comes first: the next statement then sees what others have committed.
    PERFORM 1 FROM comments_discussion
        WHERE article_id = discussion FOR NO KEY UPDATE;
    UPDATE comments_discussion SET
        comment_count = comment_count + added,
        last_number = greatest(last_number, highest),
        last_comment_id = (
            SELECT id FROM comments_comment
            WHERE discussion_id = discussion
                AND status = 'public' AND kind = 'comment'
            ORDER BY number DESC LIMIT 1
        ),
        changed_at = clock_timestamp()
        WHERE article_id = discussion;
END $$;

CREATE OR REPLACE FUNCTION comments_summarise_insert() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM comments_update_summary(discussion_id, added, highest) FROM (
        SELECT discussion_id, max(number) AS highest,
            (count(*) FILTER (WHERE status = 'public' AND kind = 'comment'))::integer
                AS added
        FROM new_rows GROUP BY discussion_id ORDER BY discussion_id
    ) AS change;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION comments_summarise_update() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM comments_update_summary(discussion_id, added, 0) FROM (
        SELECT discussion_id, sum(
            CASE WHEN status = 'public' AND kind = 'comment' THEN sign ELSE 0 END
        )::integer AS added
        FROM (
            SELECT discussion_id, status, kind, 1 AS sign FROM new_rows
            UNION ALL
            SELECT discussion_id, status, kind, -1 FROM old_rows
        ) AS versions GROUP BY discussion_id ORDER BY discussion_id
    ) AS change;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION comments_summarise_delete() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM comments_update_summary(discussion_id, removed, 0) FROM (
        SELECT discussion_id,
            -(count(*) FILTER (WHERE status = 'public' AND kind = 'comment'))::integer
                AS removed
        FROM old_rows GROUP BY discussion_id ORDER BY discussion_id
    ) AS change;
    RETURN NULL;
END $$;
"""

# What else readers see of a discussion: on its page, and when it closes in its data.
DISCUSSION_MARK = """
CREATE TRIGGER discussion_change_mark BEFORE UPDATE ON comments_discussion
    FOR EACH ROW WHEN (
        OLD.policy <> NEW.policy OR OLD.closes_at IS DISTINCT FROM NEW.closes_at
    )
    EXECUTE FUNCTION articles_mark_change();
"""

# What the page cache asks before each cached page, for all requests that wait, at once:
# under which marks the pages of stories stand, by their slugs or by comments such as
# “#12”, if readers may see them at all; and with “” under which one every page does. A
# function, for each connection keeps its plans, also behind a pooler that allows no
# prepared statements; and one row after the other, for that takes a third of the time.
#
# Two equal snapshots see the same rows; so the mark of every page is right by
# construction, whatever it shows. With it goes when the server started, for one that
# crashed may give a number again; and the newest story that is due, since time alone
# publishes a scheduled one. Not for a standby server: a snapshot taken there does
# not list what is in progress.
#
# A line of the answer: what was asked, the mark, the story, and the next full second
# after the last change. That is known only once it has come: then no later change can
# have the same.
CHANGE_MARKS = r"""
CREATE FUNCTION comments_change_marks(wanted text[]) RETURNS text
LANGUAGE plpgsql STABLE SET lock_timeout = '500ms' AS $$
DECLARE
    asked text;
    newest bigint;
    found record;
    common timestamptz;
    latest bigint;
    started double precision := extract(epoch FROM pg_postmaster_start_time());
    answers text := '';
BEGIN
    FOREACH asked IN ARRAY wanted LOOP
        IF asked = '' THEN
            SELECT id INTO newest FROM articles_article
            WHERE status = 'published' AND listed_at <= now()
            ORDER BY listed_at DESC, id DESC LIMIT 1;
            answers := answers
                || concat(E'\t', pg_current_snapshot(), ' ', started, ' ', newest,
                    E'\t0\t0\n');
            CONTINUE;
        END IF;
        IF starts_with(asked, '#') THEN
            SELECT article.id, article.changed_at, article.published_at,
                discussion.changed_at AS discussed_at
            INTO found
            FROM comments_comment AS comment
            JOIN articles_article AS article ON article.id = comment.discussion_id
            JOIN comments_discussion AS discussion
                ON discussion.article_id = comment.discussion_id
            WHERE comment.id = substr(asked, 2)::bigint
                AND article.status = 'published' AND article.listed_at <= now();
        ELSE
            SELECT article.id, article.changed_at, article.published_at,
                discussion.changed_at AS discussed_at
            INTO found
            FROM articles_article AS article
            JOIN comments_discussion AS discussion
                ON discussion.article_id = article.id
            WHERE article.slug = asked
                AND article.status = 'published' AND article.listed_at <= now();
        END IF;
        CONTINUE WHEN found.id IS NULL;
        IF common IS NULL THEN
            SELECT changed_at INTO common FROM articles_common_mark;
        END IF;
        latest := ceil(extract(epoch FROM greatest(found.changed_at,
            found.discussed_at, found.published_at, common)));
        IF latest > extract(epoch FROM now()) THEN
            latest := 0;
        END IF;
        answers := answers || concat(asked, E'\t',
            concat_ws(' ', found.id, found.changed_at, found.discussed_at, common),
            E'\t', found.id, E'\t', latest, E'\n');
    END LOOP;
    RETURN answers;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0005_change_marks"),
        ("comments", "0005_comment_list_indexes"),
    ]

    operations = [
        migrations.RunSQL(SUMMARY, FORMER_SUMMARY),
        migrations.RunSQL(
            DISCUSSION_MARK,
            "DROP TRIGGER discussion_change_mark ON comments_discussion;",
        ),
        migrations.RunSQL(CHANGE_MARKS, "DROP FUNCTION comments_change_marks;"),
    ]
