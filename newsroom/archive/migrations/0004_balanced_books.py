import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("archive", "0003_convert_records")]

    operations = [
        migrations.RemoveField(
            model_name="record",
            name="line",
        ),
        migrations.RemoveField(
            model_name="record",
            name="raw",
        ),
        migrations.AlterField(
            model_name="record",
            name="article",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="records",
                to="articles.article",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="comment",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="records",
                to="comments.comment",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="kind",
            field=models.CharField(
                choices=[
                    ("section", "Section"),
                    ("topic", "Topic"),
                    ("term", "Term"),
                    ("author", "Author"),
                    ("attachment", "Attachment"),
                    ("article", "Article"),
                    ("comment", "Comment"),
                    ("source", "Source"),
                    ("record", "Record"),
                    ("other", "Other"),
                    ("unknown", "Unknown"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("public", "Stored, public"),
                    ("hidden", "Stored, hidden"),
                    ("linked", "Linked to what was there"),
                    ("set_aside", "Set aside"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                condition=models.Q(("article__isnull", False)),
                fields=["article"],
                name="record_article_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                condition=models.Q(("comment__isnull", False)),
                fields=["comment"],
                name="record_comment_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                condition=models.Q(("awaits_parent", True)),
                fields=["given_parent"],
                name="record_awaits_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                condition=models.Q(("also", ""), _negated=True),
                fields=["also"],
                name="record_also_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="record",
            index=models.Index(
                condition=models.Q(("outcome", "public"), _negated=True),
                fields=["source", "outcome", "position"],
                name="record_outcome_idx",
            ),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome__in", ["public", "hidden", "linked", "set_aside"])
                ),
                name="record_outcome_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(("change__in", ["new", "changed", "unchanged"])),
                name="record_change_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "section",
                            "topic",
                            "term",
                            "author",
                            "attachment",
                            "article",
                            "comment",
                            "source",
                            "record",
                            "other",
                            "unknown",
                        ],
                    )
                ),
                name="record_kind_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["waiting", "running", "done", "truncated", "failed"])
                ),
                name="source_state_valid",
            ),
        ),
    ]
