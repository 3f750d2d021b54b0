from django.db import migrations, models

import articles.search


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0003_lists"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                articles.search.LanguageCode("language"),
                condition=models.Q(
                    ("status", "published"), models.Q(("language", ""), _negated=True)
                ),
                name="article_language_idx",
            ),
        ),
    ]
