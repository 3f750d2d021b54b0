from django.db import migrations

# Any change of a story moves its change mark, whoever makes it.
CHANGE_MARK = """
CREATE FUNCTION articles_mark_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE TRIGGER article_change_mark BEFORE UPDATE ON articles_article
    FOR EACH ROW EXECUTE FUNCTION articles_mark_change();
"""

# An address once given out leads to its story for ever, and to no other.
FORMER_SLUGS = """
CREATE FUNCTION articles_guard_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Two stories that exchange addresses at the same moment wait for each other here.
    PERFORM pg_advisory_xact_lock(hashtext('article slug'), hashtext(NEW.slug));
    IF EXISTS (SELECT 1 FROM articles_formerslug
               WHERE slug = NEW.slug AND article_id <> NEW.id) THEN
        RAISE EXCEPTION 'The slug "%" was the address of another story.', NEW.slug
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'article_slug_not_former';
    END IF;
    DELETE FROM articles_formerslug WHERE slug = NEW.slug;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO articles_formerslug (article_id, slug) VALUES (NEW.id, OLD.slug);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER article_slug_given AFTER INSERT ON articles_article
    FOR EACH ROW EXECUTE FUNCTION articles_guard_slug();
CREATE TRIGGER article_slug_changed AFTER UPDATE ON articles_article
    FOR EACH ROW WHEN (OLD.slug <> NEW.slug) EXECUTE FUNCTION articles_guard_slug();
"""

APPEND_ONLY = """
CREATE FUNCTION articles_refuse_revision_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A revision is never changed; add another one.'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'revision_append_only';
END $$;

CREATE TRIGGER revision_append_only BEFORE UPDATE ON articles_articlerevision
    FOR EACH ROW EXECUTE FUNCTION articles_refuse_revision_change();
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0001_initial")]

    operations = [
        migrations.RunSQL(
            CHANGE_MARK,
            "DROP TRIGGER article_change_mark ON articles_article;"
            "DROP FUNCTION articles_mark_change;",
        ),
        migrations.RunSQL(
            FORMER_SLUGS,
            "DROP TRIGGER article_slug_given ON articles_article;"
            "DROP TRIGGER article_slug_changed ON articles_article;"
            "DROP FUNCTION articles_guard_slug;",
        ),
        migrations.RunSQL(
            APPEND_ONLY,
            "DROP TRIGGER revision_append_only ON articles_articlerevision;"
            "DROP FUNCTION articles_refuse_revision_change;",
        ),
    ]
