from django.db import migrations

# Comments move their discussion's mark by its summary; this does it for all else, such
# as its closing.
DISCUSSION_MARK = """
CREATE TRIGGER discussion_change_mark BEFORE UPDATE ON comments_discussion
    FOR EACH ROW EXECUTE FUNCTION articles_mark_change();
"""

# What the page cache asks before each cached page, for all requests that wait, at once:
# under which marks the pages of stories stand, by their slugs or by comments such as
# “#12”, if readers may see them at all; and with “” under which one every page does. A
# function, for each connection keeps its plans, also behind a pooler that allows no
# prepared statements; and one row after the other, for that takes a third of the time.
#
# Two equal snapshots see the same rows; so the mark of every page is right by
# construction, whatever it shows. With it goes the newest story that is due, since time
# alone publishes a scheduled one. Not for a standby server: a snapshot taken there does
# not list what is in progress.
#
# A line of the answer: what was asked, the mark, the story, and the next full second
# after the last change. That is known only once it has come: then no later change can
# have the same.
CHANGE_MARKS = r"""
CREATE FUNCTION comments_change_marks(wanted text[]) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    asked text;
    newest bigint;
    found record;
    common timestamptz;
    latest bigint;
    answers text := '';
BEGIN
    FOREACH asked IN ARRAY wanted LOOP
        IF asked = '' THEN
            SELECT id INTO newest FROM articles_article
            WHERE status = 'published' AND listed_at <= now()
            ORDER BY listed_at DESC, id DESC LIMIT 1;
            answers := answers
                || concat(E'\t', pg_current_snapshot(), ' ', newest, E'\t0\t0\n');
            CONTINUE;
        END IF;
        IF starts_with(asked, '#') THEN
            SELECT article.id, article.changed_at, article.published_at,
                discussion.changed_at AS discussed_at, discussion.closes_at
            INTO found
            FROM comments_comment AS comment
            JOIN articles_article AS article ON article.id = comment.discussion_id
            JOIN comments_discussion AS discussion
                ON discussion.article_id = comment.discussion_id
            WHERE comment.id = substr(asked, 2)::bigint
                AND article.status = 'published' AND article.listed_at <= now();
        ELSE
            SELECT article.id, article.changed_at, article.published_at,
                discussion.changed_at AS discussed_at, discussion.closes_at
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
        -- When it comes, the page may say that the discussion is closed.
        IF found.closes_at > now() THEN
            found.closes_at := NULL;
        END IF;
        latest := ceil(extract(epoch FROM greatest(found.changed_at,
            found.discussed_at, found.published_at, found.closes_at, common)));
        IF latest > extract(epoch FROM now()) THEN
            latest := 0;
        END IF;
        answers := answers || concat(asked, E'\t',
            concat_ws(' ', found.id, found.changed_at, found.discussed_at, common,
                found.closes_at),
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
        migrations.RunSQL(
            DISCUSSION_MARK,
            "DROP TRIGGER discussion_change_mark ON comments_discussion;",
        ),
        migrations.RunSQL(CHANGE_MARKS, "DROP FUNCTION comments_change_marks;"),
    ]
