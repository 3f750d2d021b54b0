from django.db import migrations

# The page of a story says where it comes from. The records of comments, by far the
# most, fire nothing. A source's note stands on the pages of all its stories.
CHANGE_MARKS = """
CREATE TRIGGER new_record_touches_story AFTER INSERT ON archive_record
    FOR EACH ROW WHEN (NEW.kind = 'article' AND NEW.article_id IS NOT NULL)
    EXECUTE FUNCTION articles_touch_story();
CREATE TRIGGER record_touches_story AFTER UPDATE ON archive_record
    FOR EACH ROW WHEN (OLD.kind = 'article' OR NEW.kind = 'article')
    EXECUTE FUNCTION articles_touch_story();
CREATE TRIGGER record_gone_touches_story AFTER DELETE ON archive_record
    FOR EACH ROW WHEN (OLD.kind = 'article' AND OLD.article_id IS NOT NULL)
    EXECUTE FUNCTION articles_touch_story();
CREATE TRIGGER source_moves_common_mark
    AFTER UPDATE OF note, name, size, sha256, format, captured_at, captured_precision,
        imported_at
    ON archive_source
    FOR EACH ROW WHEN (
        (OLD.note, OLD.name, OLD.size, OLD.sha256, OLD.format, OLD.captured_at,
            OLD.captured_precision, OLD.imported_at)
        IS DISTINCT FROM
        (NEW.note, NEW.name, NEW.size, NEW.sha256, NEW.format, NEW.captured_at,
            NEW.captured_precision, NEW.imported_at)
    )
    EXECUTE FUNCTION articles_move_common_mark();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0005_change_marks"),
        ("archive", "0005_staging"),
    ]

    operations = [
        migrations.RunSQL(
            CHANGE_MARKS,
            "DROP TRIGGER new_record_touches_story ON archive_record;"
            "DROP TRIGGER record_touches_story ON archive_record;"
            "DROP TRIGGER record_gone_touches_story ON archive_record;"
            "DROP TRIGGER source_moves_common_mark ON archive_source;",
        ),
    ]
