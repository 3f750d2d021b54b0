from django.contrib.postgres import indexes, search
from django.db import migrations, models
from django.db.models.functions import Left

import articles.search

# The column is made anew, and with it what the planner knows of its words.
KNOW = "ANALYZE articles_article (search_vector)"


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0008_author_words"),
    ]

    operations = [
        migrations.RemoveIndex("article", "article_search_idx"),
        migrations.RemoveField("article", "search_vector"),
        migrations.AddField(
            "article",
            "search_vector",
            models.GeneratedField(
                db_persist=True,
                expression=search.CombinedSearchVector(
                    search.CombinedSearchVector(
                        search.CombinedSearchVector(
                            search.SearchVector(
                                articles.search.Parted(Left("headline", 2000)),
                                config=articles.search.Stemmer("language"),
                                weight="A",
                            ),
                            "||",
                            search.SearchVector(
                                articles.search.Parted(Left("headline", 2000)),
                                config="simple",
                                weight="D",
                            ),
                            search.SearchConfig(articles.search.Stemmer("language")),
                        ),
                        "||",
                        search.CombinedSearchVector(
                            search.SearchVector(
                                articles.search.Parted(Left("standfirst", 2000)),
                                config=articles.search.Stemmer("language"),
                                weight="B",
                            ),
                            "||",
                            search.SearchVector(
                                articles.search.Parted(Left("standfirst", 2000)),
                                config="simple",
                                weight="D",
                            ),
                            search.SearchConfig(articles.search.Stemmer("language")),
                        ),
                        search.SearchConfig(articles.search.Stemmer("language")),
                    ),
                    "||",
                    search.CombinedSearchVector(
                        search.SearchVector(
                            articles.search.Parted(Left("body", 56000)),
                            config=articles.search.Stemmer("language"),
                            weight="C",
                        ),
                        "||",
                        search.SearchVector(
                            articles.search.Parted(Left("body", 56000)),
                            config="simple",
                            weight="D",
                        ),
                        search.SearchConfig(articles.search.Stemmer("language")),
                    ),
                    search.SearchConfig(articles.search.Stemmer("language")),
                ),
                output_field=search.SearchVectorField(),
            ),
        ),
        migrations.AddIndex(
            "article",
            indexes.GinIndex(
                "search_vector", name="article_search_idx", fastupdate=False
            ),
        ),
        migrations.RunSQL(KNOW, migrations.RunSQL.noop),
    ]
