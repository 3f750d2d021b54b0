import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0007_translatable_names"),
        ("comments", "0007_comment_story_dates"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="branch",
            options={"verbose_name": "branch", "verbose_name_plural": "branches"},
        ),
        migrations.AlterModelOptions(
            name="comment",
            options={"verbose_name": "comment", "verbose_name_plural": "comments"},
        ),
        migrations.AlterModelOptions(
            name="commentcontact",
            options={
                "verbose_name": "comment contact",
                "verbose_name_plural": "comment contacts",
            },
        ),
        migrations.AlterModelOptions(
            name="discussion",
            options={
                "verbose_name": "discussion",
                "verbose_name_plural": "discussions",
            },
        ),
        migrations.AlterField(
            model_name="comment",
            name="author_name",
            field=models.CharField(
                blank=True,
                help_text="As given. Empty: an unnamed reader.",
                max_length=500,
                verbose_name="author name",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="author_url",
            field=models.CharField(
                blank=True, max_length=2000, verbose_name="author url"
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="body",
            field=models.TextField(
                blank=True,
                help_text="As given. Empty: the source has the comment, not its text.",
                verbose_name="body",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="body_format",
            field=models.CharField(
                choices=[
                    ("text", "plain text"),
                    ("html", "HTML"),
                    ("markdown", "Markdown"),
                    ("wordpress", "HTML with WordPress's newlines"),
                ],
                default="text",
                max_length=10,
                verbose_name="body format",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="discussion",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="comments",
                to="comments.discussion",
                verbose_name="discussion",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="edited_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="edited at"),
        ),
        migrations.AlterField(
            model_name="comment",
            name="edited_precision",
            field=models.CharField(
                choices=[
                    ("second", "exact to the second"),
                    ("minute", "exact to the minute"),
                    ("day", "the day is known"),
                    ("month", "the month is known"),
                    ("year", "the year is known"),
                    ("unknown", "unknown"),
                ],
                db_default="unknown",
                max_length=10,
                verbose_name="edited precision",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="kind",
            field=models.CharField(
                choices=[
                    ("comment", "Comment"),
                    ("pingback", "Pingback"),
                    ("trackback", "Trackback"),
                    ("note", "Editors' note"),
                    ("other", "Other"),
                ],
                default="comment",
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="language",
            field=models.CharField(
                blank=True,
                help_text="A language tag such as en or pt-BR.",
                max_length=35,
                validators=[
                    django.core.validators.RegexValidator(
                        "^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$",
                        "A language is a tag such as en or pt-BR.",
                    )
                ],
                verbose_name="language",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="number",
            field=models.PositiveIntegerField(
                db_default=0,
                editable=False,
                help_text="1, 2, 3 … as it came into the discussion. It never changes.",
                verbose_name="number",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="replies",
                to="comments.comment",
                verbose_name="parent",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="posted_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="posted at"),
        ),
        migrations.AlterField(
            model_name="comment",
            name="posted_precision",
            field=models.CharField(
                choices=[
                    ("second", "exact to the second"),
                    ("minute", "exact to the minute"),
                    ("day", "the day is known"),
                    ("month", "the month is known"),
                    ("year", "the year is known"),
                    ("unknown", "unknown"),
                ],
                default="unknown",
                max_length=10,
                verbose_name="posted precision",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="reply_basis",
            field=models.CharField(
                blank=True,
                choices=[
                    ("given", "given by the source"),
                    ("edited", "set by an editor"),
                    ("inferred", "inferred"),
                ],
                help_text="How it is known that this answers its parent.",
                max_length=10,
                verbose_name="reply basis",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="reply_confidence",
            field=models.FloatField(
                blank=True,
                help_text="Of an inferred reply: from 0 to 1.",
                null=True,
                verbose_name="reply confidence",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="status",
            field=models.CharField(
                choices=[
                    ("pending", "Waits for a moderator"),
                    ("public", "Public"),
                    ("hidden", "Hidden"),
                    ("spam", "Spam"),
                    ("removed", "Removed"),
                ],
                default="pending",
                max_length=20,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="status_reason",
            field=models.CharField(
                blank=True,
                help_text="Readers see why a comment was removed.",
                max_length=500,
                verbose_name="status reason",
            ),
        ),
        migrations.AlterField(
            model_name="discussion",
            name="article",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="discussion",
                serialize=False,
                to="articles.article",
                verbose_name="article",
            ),
        ),
        migrations.AlterField(
            model_name="discussion",
            name="changed_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                editable=False,
                verbose_name="changed at",
            ),
        ),
        migrations.AlterField(
            model_name="discussion",
            name="closes_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="closes at"),
        ),
        migrations.AlterField(
            model_name="discussion",
            name="comment_count",
            field=models.PositiveIntegerField(
                db_default=0, editable=False, verbose_name="comment count"
            ),
        ),
        migrations.AlterField(
            model_name="discussion",
            name="policy",
            field=models.CharField(
                choices=[
                    ("open", "Open"),
                    ("premoderated", "Every comment is read first"),
                    ("closed", "Closed"),
                ],
                default="closed",
                max_length=20,
                verbose_name="policy",
            ),
        ),
    ]
