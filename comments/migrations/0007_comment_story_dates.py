import datetime

import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("comments", "0006_change_marks")]

    operations = [
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(
                models.F("discussion"),
                models.OrderBy(
                    django.db.models.functions.comparison.Coalesce(
                        "posted_at",
                        models.Value(
                            datetime.datetime(1, 1, 1, 0, 0, tzinfo=datetime.UTC)
                        ),
                    ),
                    descending=True,
                ),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("kind", "comment"), ("status", "public")),
                include=("posted_at",),
                name="comment_story_newest_idx",
            ),
        ),
        # An index of an expression is without statistics until its table is looked at
        # again, and search chooses its way by them: until then it would expect 4,700
        # comments of a time that has 100,000.
        migrations.RunSQL("ANALYZE comments_comment", migrations.RunSQL.noop),
        migrations.RunSQL("ANALYZE articles_article", migrations.RunSQL.noop),
    ]
