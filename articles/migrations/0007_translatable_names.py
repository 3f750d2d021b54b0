import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import articles.html


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0006_article_words_at_once"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="article",
            options={"verbose_name": "article", "verbose_name_plural": "articles"},
        ),
        migrations.AlterModelOptions(
            name="articlerevision",
            options={
                "ordering": ["-number"],
                "verbose_name": "article revision",
                "verbose_name_plural": "article revisions",
            },
        ),
        migrations.AlterModelOptions(
            name="author",
            options={
                "ordering": ["name"],
                "verbose_name": "author",
                "verbose_name_plural": "authors",
            },
        ),
        migrations.AlterModelOptions(
            name="byline",
            options={
                "ordering": ["position"],
                "verbose_name": "byline",
                "verbose_name_plural": "bylines",
            },
        ),
        migrations.AlterModelOptions(
            name="formerslug",
            options={
                "ordering": ["slug"],
                "verbose_name": "former slug",
                "verbose_name_plural": "former slugs",
            },
        ),
        migrations.AlterModelOptions(
            name="section",
            options={
                "ordering": ["position", "name"],
                "verbose_name": "section",
                "verbose_name_plural": "sections",
            },
        ),
        migrations.AlterModelOptions(
            name="topic",
            options={
                "ordering": ["name"],
                "verbose_name": "topic",
                "verbose_name_plural": "topics",
            },
        ),
        migrations.AlterField(
            model_name="article",
            name="authors",
            field=models.ManyToManyField(
                related_name="articles",
                through="articles.Byline",
                to="articles.author",
                verbose_name="authors",
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="body",
            field=articles.html.ArticleHTMLField(blank=True, verbose_name="body"),
        ),
        migrations.AlterField(
            model_name="article",
            name="headline",
            field=models.CharField(max_length=500, verbose_name="headline"),
        ),
        migrations.AlterField(
            model_name="article",
            name="language",
            field=models.CharField(
                default="en",
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
            model_name="article",
            name="published_at",
            field=models.DateTimeField(
                blank=True,
                help_text="In the future: readers see the story from then on. Empty: "
                "the moment of publication, or never known if you say so "
                "beside it.",
                null=True,
                verbose_name="published at",
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="published_basis",
            field=models.CharField(
                choices=[
                    ("given", "given by the source"),
                    ("edited", "set by an editor"),
                    ("inferred", "inferred"),
                ],
                default="edited",
                max_length=10,
                verbose_name="published basis",
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="published_note",
            field=models.CharField(
                blank=True,
                help_text="Readers see how the date is known when no source gave it.",
                max_length=500,
                verbose_name="published note",
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="published_precision",
            field=models.CharField(
                choices=[
                    ("second", "exact to the second"),
                    ("minute", "exact to the minute"),
                    ("day", "the day is known"),
                    ("month", "the month is known"),
                    ("year", "the year is known"),
                    ("unknown", "unknown"),
                ],
                default="second",
                max_length=10,
                verbose_name="published precision",
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="section",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="articles",
                to="articles.section",
                verbose_name="section",
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="slug",
            field=models.SlugField(
                blank=True,
                help_text="The address of the story. Made from the headline when left "
                "empty; former addresses lead here for ever.",
                max_length=200,
                unique=True,
                verbose_name="slug",
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="standfirst",
            field=models.TextField(
                blank=True,
                help_text="One or two sentences below the headline.",
                verbose_name="standfirst",
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("published", "Published"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="draft",
                max_length=20,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="article",
            name="topics",
            field=models.ManyToManyField(
                blank=True,
                related_name="articles",
                to="articles.topic",
                verbose_name="topics",
            ),
        ),
        migrations.AlterField(
            model_name="articlerevision",
            name="article",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="revisions",
                to="articles.article",
                verbose_name="article",
            ),
        ),
        migrations.AlterField(
            model_name="articlerevision",
            name="body",
            field=articles.html.ArticleHTMLField(blank=True, verbose_name="body"),
        ),
        migrations.AlterField(
            model_name="articlerevision",
            name="created_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                verbose_name="created at",
            ),
        ),
        migrations.AlterField(
            model_name="articlerevision",
            name="editor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="article_revisions",
                to=settings.AUTH_USER_MODEL,
                verbose_name="editor",
            ),
        ),
        migrations.AlterField(
            model_name="articlerevision",
            name="headline",
            field=models.CharField(max_length=500, verbose_name="headline"),
        ),
        migrations.AlterField(
            model_name="articlerevision",
            name="is_correction",
            field=models.BooleanField(default=False, verbose_name="is correction"),
        ),
        migrations.AlterField(
            model_name="articlerevision",
            name="note",
            field=models.TextField(blank=True, verbose_name="note"),
        ),
        migrations.AlterField(
            model_name="articlerevision",
            name="number",
            field=models.PositiveIntegerField(verbose_name="number"),
        ),
        migrations.AlterField(
            model_name="articlerevision",
            name="standfirst",
            field=models.TextField(blank=True, verbose_name="standfirst"),
        ),
        migrations.AlterField(
            model_name="author",
            name="biography",
            field=models.TextField(blank=True, verbose_name="biography"),
        ),
        migrations.AlterField(
            model_name="author",
            name="name",
            field=models.CharField(max_length=200, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="author",
            name="slug",
            field=models.SlugField(max_length=200, unique=True, verbose_name="slug"),
        ),
        migrations.AlterField(
            model_name="byline",
            name="article",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="bylines",
                to="articles.article",
                verbose_name="article",
            ),
        ),
        migrations.AlterField(
            model_name="byline",
            name="author",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bylines",
                to="articles.author",
                verbose_name="author",
            ),
        ),
        migrations.AlterField(
            model_name="byline",
            name="biography",
            field=models.TextField(
                blank=True,
                help_text="The note about the writer as printed with this story. "
                "Empty: the author's own.",
                verbose_name="biography",
            ),
        ),
        migrations.AlterField(
            model_name="byline",
            name="position",
            field=models.PositiveSmallIntegerField(default=1, verbose_name="position"),
        ),
        migrations.AlterField(
            model_name="formerslug",
            name="article",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="former_slugs",
                to="articles.article",
                verbose_name="article",
            ),
        ),
        migrations.AlterField(
            model_name="formerslug",
            name="slug",
            field=models.SlugField(max_length=200, unique=True, verbose_name="slug"),
        ),
        migrations.AlterField(
            model_name="section",
            name="description",
            field=models.TextField(blank=True, verbose_name="description"),
        ),
        migrations.AlterField(
            model_name="section",
            name="name",
            field=models.CharField(max_length=200, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="section",
            name="position",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="position"),
        ),
        migrations.AlterField(
            model_name="section",
            name="slug",
            field=models.SlugField(max_length=200, unique=True, verbose_name="slug"),
        ),
        migrations.AlterField(
            model_name="topic",
            name="name",
            field=models.CharField(max_length=200, verbose_name="name"),
        ),
        migrations.AlterField(
            model_name="topic",
            name="slug",
            field=models.SlugField(max_length=200, unique=True, verbose_name="slug"),
        ),
    ]
