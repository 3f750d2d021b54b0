import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0006_change_marks"),
        ("articles", "0007_translatable_names"),
        ("comments", "0008_translatable_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="record",
            options={
                "ordering": ["source_id", "position"],
                "verbose_name": "record",
                "verbose_name_plural": "records",
            },
        ),
        migrations.AlterModelOptions(
            name="source",
            options={
                "ordering": ["-imported_at", "-pk"],
                "verbose_name": "source",
                "verbose_name_plural": "sources",
            },
        ),
        migrations.AlterModelOptions(
            name="sourceaddress",
            options={
                "ordering": ["pk"],
                "verbose_name": "source address",
                "verbose_name_plural": "source addresses",
            },
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
                verbose_name="article",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="awaits_parent",
            field=models.BooleanField(
                default=False,
                help_text="No file has brought yet what it answers.",
                verbose_name="awaits parent",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="change",
            field=models.CharField(
                choices=[
                    ("new", "New"),
                    ("changed", "Changed"),
                    ("unchanged", "Unchanged"),
                ],
                default="new",
                max_length=10,
                verbose_name="change",
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
                verbose_name="comment",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="end",
            field=models.BigIntegerField(
                help_text="The byte after its last.", verbose_name="end"
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="given_id",
            field=models.CharField(
                help_text="Its id in the file, or its position among its kind.",
                max_length=255,
                verbose_name="given id",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="given_kind",
            field=models.CharField(
                blank=True, max_length=255, verbose_name="given kind"
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="given_parent",
            field=models.CharField(
                blank=True,
                help_text="The id of what it answers, as given.",
                max_length=255,
                verbose_name="given parent",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="given_status",
            field=models.CharField(
                blank=True,
                help_text="Its state in the source's own words.",
                max_length=255,
                verbose_name="given status",
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
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="member",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="Which file it is in, if several are packed together.",
                verbose_name="member",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="occurrence",
            field=models.PositiveIntegerField(
                default=1,
                help_text="2 for the second record of the same id in the file.",
                verbose_name="occurrence",
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
                verbose_name="outcome",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="position",
            field=models.PositiveIntegerField(
                help_text="1 for the first in the file.", verbose_name="position"
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="record",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="records",
                to="archive.source",
                verbose_name="source",
            ),
        ),
        migrations.AlterField(
            model_name="record",
            name="start",
            field=models.BigIntegerField(
                help_text="Its first byte in the unpacked file.", verbose_name="start"
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="captured_at",
            field=models.DateTimeField(
                blank=True, null=True, verbose_name="captured at"
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="ends_early",
            field=models.TextField(
                blank=True,
                help_text="Why the file could not be read to its end. Empty: it was.",
                verbose_name="ends early",
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="error",
            field=models.TextField(
                blank=True,
                help_text="Why it failed, and what to do.",
                verbose_name="error",
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="format",
            field=models.CharField(max_length=30, verbose_name="format"),
        ),
        migrations.AlterField(
            model_name="source",
            name="imported_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                verbose_name="imported at",
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="imported_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="sources",
                to=settings.AUTH_USER_MODEL,
                verbose_name="imported by",
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="ledger",
            field=models.JSONField(
                default=dict,
                help_text="Of its import: by kind of record, how many came to what.",
                verbose_name="ledger",
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="name",
            field=models.CharField(
                help_text="The file's name when it came.",
                max_length=255,
                verbose_name="name",
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="note",
            field=models.TextField(
                blank=True,
                help_text="What the capture kept and what it lost. Readers see it.",
                verbose_name="note",
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="origin",
            field=models.CharField(
                help_text="Whose ids its records carry. Two files of one origin speak "
                "of the same stories and comments.",
                max_length=255,
                verbose_name="origin",
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="progress",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="While it runs: what is done, of how much.",
                verbose_name="progress",
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="repairs",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="What had to be repaired to read it.",
                verbose_name="repairs",
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="sections_from",
            field=models.CharField(
                blank=True,
                help_text="Which terms became sections. Empty: as the site's setting "
                "says.",
                max_length=20,
                verbose_name="sections from",
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="size",
            field=models.BigIntegerField(help_text="In bytes.", verbose_name="size"),
        ),
        migrations.AlterField(
            model_name="source",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Not taken in yet"),
                    ("running", "Being taken in"),
                    ("done", "Taken in"),
                    ("truncated", "Taken in as far as it is whole"),
                    ("failed", "Failed"),
                ],
                default="waiting",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="trial",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="What a dry run found: its ledger, and what else it tells.",
                verbose_name="trial",
            ),
        ),
    ]
