from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

# In place: nothing in the index changes but how words get into it. Those that wait are
# put in now, for nothing else would do that soon.
AT_ONCE = """
    ALTER INDEX article_search_idx SET (fastupdate = off);
    SELECT gin_clean_pending_list('article_search_idx');
"""
LATER = "ALTER INDEX article_search_idx RESET (fastupdate)"


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0005_change_marks"),
    ]

    operations = [
        migrations.RunSQL(
            AT_ONCE,
            LATER,
            state_operations=[
                migrations.RemoveIndex("article", "article_search_idx"),
                migrations.AddIndex(
                    "article",
                    GinIndex(
                        "search_vector", name="article_search_idx", fastupdate=False
                    ),
                ),
            ],
        ),
    ]
