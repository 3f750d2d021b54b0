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
-- the lowest it could be; a higher one may be of another that began later and is over.
CREATE FUNCTION articles_is_own_write(writer xid) RETURNS boolean LANGUAGE sql AS $$
    SELECT CASE WHEN ahead < 2147483648
        THEN pg_xact_status((own + ahead)::text::xid8) = 'in progress' ELSE false END
    FROM (SELECT pg_current_xact_id()::text::bigint AS own) AS transaction
    CROSS JOIN LATERAL (
        SELECT (writer::text::bigint - own % 4294967296 + 4294967296) % 4294967296
            AS ahead
    ) AS distance;
$$;

CREATE FUNCTION articles_touch(story bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE articles_article SET changed_at = changed_at
        WHERE id = story AND NOT articles_is_own_write(xmin);
$$;

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

CREATE TRIGGER byline_touches_story
    AFTER INSERT OR UPDATE OR DELETE ON articles_byline
    FOR EACH ROW EXECUTE FUNCTION articles_touch_story();
CREATE TRIGGER topic_touches_story
    AFTER INSERT OR UPDATE OR DELETE ON articles_article_topics
    FOR EACH ROW EXECUTE FUNCTION articles_touch_story();
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
            "DROP TRIGGER byline_touches_story ON articles_byline;"
            "DROP TRIGGER topic_touches_story ON articles_article_topics;"
            "DROP TRIGGER correction_touches_story ON articles_articlerevision;"
            "DROP FUNCTION articles_touch_story;"
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
