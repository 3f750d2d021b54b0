import datetime

import articles.search
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "0004_branches"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(
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
                name="comment_newest_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(
                articles.search.LanguageCode("language"),
                condition=models.Q(
                    ("kind", "comment"),
                    ("status", "public"),
                    models.Q(("language", ""), _negated=True),
                ),
                name="comment_language_idx",
            ),
        ),
    ]
