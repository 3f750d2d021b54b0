from django.db import migrations

# Every story has its discussion from the start, so no page has to wonder.
DISCUSSION_FOR_EACH_ARTICLE = """
CREATE FUNCTION comments_open_discussion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO comments_discussion (article_id, policy) VALUES (NEW.id, 'closed');
    RETURN NULL;
END $$;

CREATE TRIGGER article_has_discussion AFTER INSERT ON articles_article
    FOR EACH ROW EXECUTE FUNCTION comments_open_discussion();

INSERT INTO comments_discussion (article_id, policy)
    SELECT id, 'closed' FROM articles_article;
"""

# A reply belongs to its parent's discussion. Deferred, so that a whole thread can be
# deleted in any order; comments_place_comment refuses a wrong insert at once.
PARENT_SAME_DISCUSSION = """
ALTER TABLE comments_comment ADD CONSTRAINT comment_parent_same_discussion
    FOREIGN KEY (discussion_id, parent_id)
    REFERENCES comments_comment (discussion_id, id) DEFERRABLE INITIALLY DEFERRED;
"""

# A comment's number is the next one of its discussion, and its path is its parent's
# path with that number. Whoever writes in bulk may bring both ready-made; then nothing
# is looked up here.
PLACE = """
CREATE FUNCTION comments_place_comment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parent_path integer[] := '{}';
BEGIN
    -- The row lock makes writers of one discussion take turns, from here to commit:
    -- numbers have no gap, and no parent moves between being read and being used.
    IF NEW.number = 0 THEN
        UPDATE comments_discussion SET last_number = last_number + 1
            WHERE article_id = NEW.discussion_id
            RETURNING last_number INTO NEW.number;
    ELSE
        PERFORM 1 FROM comments_discussion
            WHERE article_id = NEW.discussion_id FOR NO KEY UPDATE;
    END IF;
    IF NEW.parent_id IS NOT NULL THEN
        SELECT path INTO parent_path FROM comments_comment
            WHERE id = NEW.parent_id AND discussion_id = NEW.discussion_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'A reply belongs to the discussion of its parent.'
                USING ERRCODE = 'foreign_key_violation',
                CONSTRAINT = 'comment_parent_same_discussion';
        END IF;
    END IF;
    NEW.path := parent_path || NEW.number;
    RETURN NEW;
END $$;

CREATE TRIGGER comment_place BEFORE INSERT ON comments_comment
    FOR EACH ROW WHEN (NEW.number = 0 OR NEW.path = '{}')
    EXECUTE FUNCTION comments_place_comment();
"""

# Given another parent, a comment takes all its replies along.
MOVE = """
CREATE FUNCTION comments_move_subtree() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_path integer[];
    new_path integer[] := '{}';
    end_path integer[];
BEGIN
    PERFORM 1 FROM comments_discussion
        WHERE article_id = NEW.discussion_id FOR NO KEY UPDATE;
    -- Not OLD.path: an earlier row of the same statement may have moved this one.
    SELECT path INTO old_path FROM comments_comment WHERE id = NEW.id;
    IF NEW.parent_id IS NOT NULL THEN
        SELECT path INTO new_path FROM comments_comment
            WHERE id = NEW.parent_id AND discussion_id = NEW.discussion_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'A reply belongs to the discussion of its parent.'
                USING ERRCODE = 'foreign_key_violation',
                CONSTRAINT = 'comment_parent_same_discussion';
        END IF;
        IF new_path[1:cardinality(old_path)] = old_path THEN
            RAISE EXCEPTION 'A comment cannot answer itself or its own replies.'
                USING ERRCODE = 'check_violation',
                CONSTRAINT = 'comment_parent_not_descendant';
        END IF;
    END IF;
    new_path := new_path || old_path[cardinality(old_path)];
    end_path := old_path[1:cardinality(old_path) - 1]
        || (old_path[cardinality(old_path)] + 1);
    UPDATE comments_comment
        SET path = new_path || path[cardinality(old_path) + 1:]
        WHERE discussion_id = NEW.discussion_id
        AND path[1:512] >= old_path[1:512] AND path[1:512] <= end_path[1:512]
        AND path >= old_path AND path < end_path;
    RETURN NULL;
END $$;

CREATE TRIGGER comment_move AFTER UPDATE OF parent_id ON comments_comment
    FOR EACH ROW WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id)
    EXECUTE FUNCTION comments_move_subtree();
"""

# Readers cite "#7" of a discussion: that never changes.
PLACE_FIXED = """
CREATE FUNCTION comments_refuse_other_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A comment keeps its discussion and its number.'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'comment_place_fixed';
END $$;

CREATE TRIGGER comment_place_fixed AFTER UPDATE ON comments_comment
    FOR EACH ROW
    WHEN (OLD.discussion_id <> NEW.discussion_id OR OLD.number <> NEW.number)
    EXECUTE FUNCTION comments_refuse_other_place();
"""

# The summary that lists of stories need, right after every statement.
SUMMARY = """
CREATE FUNCTION comments_update_summary(
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

CREATE FUNCTION comments_summarise_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM comments_update_summary(discussion_id, added, highest) FROM (
        SELECT discussion_id, max(number) AS highest,
            (count(*) FILTER (WHERE status = 'public' AND kind = 'comment'))::integer
                AS added
        FROM new_rows GROUP BY discussion_id ORDER BY discussion_id
    ) AS change;
    RETURN NULL;
END $$;

CREATE FUNCTION comments_summarise_update() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION comments_summarise_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM comments_update_summary(discussion_id, removed, 0) FROM (
        SELECT discussion_id,
            -(count(*) FILTER (WHERE status = 'public' AND kind = 'comment'))::integer
                AS removed
        FROM old_rows GROUP BY discussion_id ORDER BY discussion_id
    ) AS change;
    RETURN NULL;
END $$;

CREATE TRIGGER discussion_summary_insert AFTER INSERT ON comments_comment
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION comments_summarise_insert();
CREATE TRIGGER discussion_summary_update AFTER UPDATE ON comments_comment
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION comments_summarise_update();
CREATE TRIGGER discussion_summary_delete AFTER DELETE ON comments_comment
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION comments_summarise_delete();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0002_article_rules"),
        ("comments", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            DISCUSSION_FOR_EACH_ARTICLE,
            "DROP TRIGGER article_has_discussion ON articles_article;"
            "DROP FUNCTION comments_open_discussion;",
        ),
        migrations.RunSQL(
            PARENT_SAME_DISCUSSION,
            "ALTER TABLE comments_comment"
            " DROP CONSTRAINT comment_parent_same_discussion;",
        ),
        migrations.RunSQL(
            PLACE,
            "DROP TRIGGER comment_place ON comments_comment;"
            "DROP FUNCTION comments_place_comment;",
        ),
        migrations.RunSQL(
            MOVE,
            "DROP TRIGGER comment_move ON comments_comment;"
            "DROP FUNCTION comments_move_subtree;",
        ),
        migrations.RunSQL(
            PLACE_FIXED,
            "DROP TRIGGER comment_place_fixed ON comments_comment;"
            "DROP FUNCTION comments_refuse_other_place;",
        ),
        migrations.RunSQL(
            SUMMARY,
            "DROP TRIGGER discussion_summary_insert ON comments_comment;"
            "DROP TRIGGER discussion_summary_update ON comments_comment;"
            "DROP TRIGGER discussion_summary_delete ON comments_comment;"
            "DROP FUNCTION comments_summarise_insert;"
            "DROP FUNCTION comments_summarise_update;"
            "DROP FUNCTION comments_summarise_delete;"
            "DROP FUNCTION comments_update_summary;",
        ),
    ]
