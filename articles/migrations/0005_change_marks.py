from django.db import migrations

# Never the same mark twice, even when the clock is set back: a cached page is shown for
# as long as the mark it was made under stands.
STRICT_CHANGE_MARK = """
CREATE OR REPLACE FUNCTION articles_mark_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := greatest(
        clock_timestamp(), OLD.changed_at + interval '1 microsecond'
    );
    RETURN NEW;
END $$;
"""
CHANGE_MARK = """
CREATE OR REPLACE FUNCTION articles_mark_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := clock_timestamp();
    RETURN NEW;
END $$;
"""

# The story's page shows its byline, topics and corrections, so they move its mark, too.
# A story that this very transaction has written has a new mark already; so an import
# does not write its stories time and again.
TOUCH = """
-- Whether a row was written in this transaction, be it below a savepoint. `writer` is
-- the xmin of the row, without the upper half of the number. The transaction's own is
-- the lowest it could be; a higher one may be of another that began later and is over,
-- or of one so long ago that its number looks as if it were yet to come.
CREATE FUNCTION articles_is_own_write(writer xid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    own bigint := pg_current_xact_id()::text::bigint;
    ahead bigint := (writer::text::bigint - own % 4294967296 + 4294967296) % 4294967296;
BEGIN
    RETURN ahead < 2147483648
        AND pg_xact_status((own + ahead)::text::xid8) = 'in progress';
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN false;
END $$;

-- What this transaction has written, it has given a mark of its own time; so the
-- writers of few stories are looked at.
CREATE FUNCTION articles_touch(story bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE articles_article SET changed_at = changed_at
        WHERE id = story AND CASE WHEN changed_at < transaction_timestamp() THEN true
            ELSE NOT articles_is_own_write(xmin) END;
$$;

-- A topic may be on thousands of stories. When it goes, the mark that all stories have
-- in common moves once instead.
CREATE FUNCTION articles_touch_all(stories bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    touched := ARRAY(
        SELECT id FROM articles_article
        WHERE id = ANY (stories) AND CASE WHEN changed_at < transaction_timestamp()
            THEN true ELSE NOT articles_is_own_write(xmin) END
        ORDER BY id LIMIT 21
    );
    IF cardinality(touched) > 20 THEN
        UPDATE articles_common_mark SET changed_at = changed_at;
    ELSE
        PERFORM articles_touch(id) FROM unnest(touched) AS id;
    END IF;
END $$;

CREATE FUNCTION articles_touch_new_stories() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM articles_touch_all(ARRAY(SELECT DISTINCT article_id FROM new_rows));
    RETURN NULL;
END $$;
CREATE FUNCTION articles_touch_old_stories() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM articles_touch_all(ARRAY(SELECT DISTINCT article_id FROM old_rows));
    RETURN NULL;
END $$;
CREATE FUNCTION articles_touch_both_stories() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM articles_touch_all(ARRAY(
        SELECT article_id FROM old_rows UNION SELECT article_id FROM new_rows
    ));
    RETURN NULL;
END $$;

CREATE FUNCTION articles_touch_story() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        PERFORM articles_touch(NEW.article_id);
    END IF;
    IF TG_OP <> 'INSERT' THEN
        PERFORM articles_touch(OLD.article_id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER byline_touches_story_insert AFTER INSERT ON articles_byline
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION articles_touch_new_stories();
CREATE TRIGGER byline_touches_story_update AFTER UPDATE ON articles_byline
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION articles_touch_both_stories();
CREATE TRIGGER byline_touches_story_delete AFTER DELETE ON articles_byline
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION articles_touch_old_stories();
CREATE TRIGGER topic_touches_story_insert AFTER INSERT ON articles_article_topics
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION articles_touch_new_stories();
CREATE TRIGGER topic_touches_story_update AFTER UPDATE ON articles_article_topics
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION articles_touch_both_stories();
CREATE TRIGGER topic_touches_story_delete AFTER DELETE ON articles_article_topics
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION articles_touch_old_stories();
CREATE TRIGGER correction_touches_story
    AFTER INSERT ON articles_articlerevision
    FOR EACH ROW WHEN (NEW.is_correction) EXECUTE FUNCTION articles_touch_story();
"""

# A section has thousands of stories. Its new name, or a topic's or an author's, moves
# one mark that the pages of all stories have in common, instead of theirs.
COMMON_MARK = """
CREATE TABLE articles_common_mark (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO articles_common_mark DEFAULT VALUES;
CREATE TRIGGER common_mark_strict BEFORE UPDATE ON articles_common_mark
    FOR EACH ROW EXECUTE FUNCTION articles_mark_change();

CREATE FUNCTION articles_move_common_mark() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE articles_common_mark SET changed_at = changed_at;
    RETURN NULL;
END $$;

CREATE TRIGGER section_moves_common_mark AFTER UPDATE ON articles_section
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION articles_move_common_mark();
CREATE TRIGGER topic_moves_common_mark AFTER UPDATE ON articles_topic
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION articles_move_common_mark();
CREATE TRIGGER author_moves_common_mark AFTER UPDATE ON articles_author
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION articles_move_common_mark();
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0004_article_language_index")]

    operations = [
        migrations.RunSQL(STRICT_CHANGE_MARK, CHANGE_MARK),
        migrations.RunSQL(
            TOUCH,
            "DROP TRIGGER byline_touches_story_insert ON articles_byline;"
            "DROP TRIGGER byline_touches_story_update ON articles_byline;"
            "DROP TRIGGER byline_touches_story_delete ON articles_byline;"
            "DROP TRIGGER topic_touches_story_insert ON articles_article_topics;"
            "DROP TRIGGER topic_touches_story_update ON articles_article_topics;"
            "DROP TRIGGER topic_touches_story_delete ON articles_article_topics;"
            "DROP TRIGGER correction_touches_story ON articles_articlerevision;"
            "DROP FUNCTION articles_touch_story;"
            "DROP FUNCTION articles_touch_new_stories;"
            "DROP FUNCTION articles_touch_old_stories;"
            "DROP FUNCTION articles_touch_both_stories;"
            "DROP FUNCTION articles_touch_all;"
            "DROP FUNCTION articles_touch;"
            "DROP FUNCTION articles_is_own_write;",
        ),
        migrations.RunSQL(
            COMMON_MARK,
            "DROP TRIGGER section_moves_common_mark ON articles_section;"
            "DROP TRIGGER topic_moves_common_mark ON articles_topic;"
            "DROP TRIGGER author_moves_common_mark ON articles_author;"
            "DROP FUNCTION articles_move_common_mark;"
            "DROP TABLE articles_common_mark;",
        ),
    ]
