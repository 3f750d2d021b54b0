import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("archive", "0001_initial"), ("comments", "0003_comment_contact")]

    operations = [
        migrations.CreateModel(
            name="SourceAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("address", models.CharField(help_text="As given.", max_length=2000)),
                (
                    "key",
                    models.CharField(
                        help_text="Normalised, so that its variants are one.",
                        max_length=2000,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "source addresses",
                "ordering": ["pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="record",
            name="record_outcome_valid",
        ),
        migrations.RemoveConstraint(
            model_name="record",
            name="record_kind_valid",
        ),
        migrations.AddField(
            model_name="record",
            name="also",
            field=models.CharField(
                blank=True,
                help_text="Such as disqus:123 or wordpress:45.",
                max_length=255,
                verbose_name="id in another system",
            ),
        ),
        migrations.AddField(
            model_name="record",
            name="awaits_parent",
            field=models.BooleanField(
                default=False, help_text="No file has brought yet what it answers."
            ),
        ),
        migrations.AddField(
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
            ),
        ),
        migrations.AddField(
            model_name="record",
            name="digest",
            field=models.BinaryField(
                default=b"",
                help_text="Of what was read in it; tells whether it changed.",
                max_length=16,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="record",
            name="end",
            field=models.BigIntegerField(
                default=0, help_text="The byte after its last."
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="record",
            name="given_kind",
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name="record",
            name="given_parent",
            field=models.CharField(
                blank=True,
                help_text="The id of what it answers, as given.",
                max_length=255,
            ),
        ),
        migrations.AddField(
            model_name="record",
            name="given_status",
            field=models.CharField(
                blank=True,
                help_text="Its state in the source's own words.",
                max_length=255,
            ),
        ),
        migrations.AddField(
            model_name="record",
            name="member",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="Which file it is in, if several are packed together.",
            ),
        ),
        migrations.AddField(
            model_name="record",
            name="occurrence",
            field=models.PositiveIntegerField(
                default=1,
                help_text="2 for the second record of the same id in the file.",
            ),
        ),
        migrations.AddField(
            model_name="record",
            name="start",
            field=models.BigIntegerField(
                default=0, help_text="Its first byte in the unpacked file."
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="source",
            name="error",
            field=models.TextField(
                blank=True, help_text="Why it failed, and what to do."
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="progress",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="While it runs: what is done, of how much.",
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="sections_from",
            field=models.CharField(
                blank=True,
                help_text="Which terms became sections. Empty: as the site's "
                "setting says.",
                max_length=20,
            ),
        ),
        migrations.AddField(
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
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="trial",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="What a dry run found: its ledger, and what else it tells.",
            ),
        ),
        migrations.AddField(
            model_name="sourceaddress",
            name="article",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="source_addresses",
                to="articles.article",
            ),
        ),
        migrations.AddIndex(
            model_name="sourceaddress",
            index=django.contrib.postgres.indexes.HashIndex(
                fields=["key"], name="source_address_key_idx"
            ),
        ),
        migrations.AddConstraint(
            model_name="sourceaddress",
            constraint=models.UniqueConstraint(
                models.F("article"),
                django.db.models.functions.text.MD5("address"),
                name="source_address_once",
            ),
        ),
    ]
