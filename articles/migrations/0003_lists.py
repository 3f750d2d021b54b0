from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Lower

from articles.expressions import MonthAndDay, SortKey

NEWEST_FIRST = (F("listed_at").desc(), F("id").desc())
PUBLISHED = Q(status="published")
TO_THE_DAY = ["second", "minute", "day"]


def sort_key(model_name):
    return migrations.AddField(
        model_name,
        "sort_key",
        models.GeneratedField(
            expression=SortKey(Lower("name")),
            output_field=models.TextField(),
            db_persist=True,
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("articles", "0002_article_rules")]

    operations = [
        sort_key("section"),
        sort_key("topic"),
        sort_key("author"),
        # The list of topics, and that of authors, page by page.
        migrations.AddIndex(
            "topic", models.Index("sort_key", "id", name="topic_alphabet_idx")
        ),
        migrations.AddIndex(
            "author", models.Index("sort_key", "id", name="author_alphabet_idx")
        ),
        # Every list of stories as before, and now the counts of the archive.
        migrations.RemoveIndex("article", "article_listed_idx"),
        migrations.AddIndex(
            "article",
            models.Index(
                *NEWEST_FIRST,
                condition=PUBLISHED,
                include=["published_precision"],
                name="article_listed_idx",
            ),
        ),
        # A section's page.
        migrations.AddIndex(
            "article",
            models.Index(
                F("section"),
                *NEWEST_FIRST,
                condition=PUBLISHED,
                name="article_section_listed_idx",
            ),
        ),
        # The list of stories in one language, and which languages there are.
        migrations.AddIndex(
            "article",
            models.Index(
                F("language"),
                *NEWEST_FIRST,
                condition=PUBLISHED,
                name="article_language_listed_idx",
            ),
        ),
        # On this day.
        migrations.AddIndex(
            "article",
            models.Index(
                MonthAndDay("published_at"),
                *NEWEST_FIRST,
                condition=Q(status="published", published_precision__in=TO_THE_DAY),
                name="article_day_of_year_idx",
            ),
        ),
    ]
