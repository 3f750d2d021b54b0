import articles.search
from django.contrib.postgres import indexes, search
from django.db import migrations, models
from django.db.models.functions import Left

# The column is made anew, and with it what the planner knows of its words.
KNOW = "ANALYZE comments_comment (search_vector)"


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "0008_translatable_names"),
    ]

    operations = [
        migrations.RemoveIndex("comment", "comment_search_idx"),
        migrations.RemoveField("comment", "search_vector"),
        migrations.AddField(
            "comment",
            "search_vector",
            models.GeneratedField(
                db_persist=True,
                expression=search.CombinedSearchVector(
                    search.SearchVector(
                        articles.search.Parted(Left("body", 60000)),
                        config=articles.search.Stemmer("language"),
                        weight="A",
                    ),
                    "||",
                    search.SearchVector(
                        articles.search.Parted(Left("body", 60000)),
                        config="simple",
                        weight="D",
                    ),
                    search.SearchConfig(articles.search.Stemmer("language")),
                ),
                output_field=search.SearchVectorField(),
            ),
        ),
        migrations.AddIndex(
            "comment",
            indexes.GinIndex("search_vector", name="comment_search_idx"),
        ),
        migrations.RunSQL(KNOW, migrations.RunSQL.noop),
    ]
