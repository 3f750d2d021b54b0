"""The published record: stories, who wrote them, and how they changed."""

from collections import Counter
from datetime import UTC, date, datetime

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, Func, Max, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce, JSONObject, Now, TruncDate
from django.urls import reverse
from django.utils.text import slugify

from articles import dates
from articles.choices import ArticleStatus, Basis, Precision
from articles.html import ArticleHTMLField
from articles.languages import LANGUAGE_TAG, validate_language
from articles.search import LanguageCode, search_document

# Stories without a known date are listed after all others.
BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)


# Not yet published, and to be dated when it is.
AWAITS_DATE = Q(published_at=None) & ~Q(published_precision=Precision.UNKNOWN)


class Section(models.Model):
    """A part of the paper, such as “Technology”."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200, unique=True)
    description = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self):
        return self.name


class Topic(models.Model):
    """What stories are about, across sections."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Author(models.Model):
    """Somebody who writes stories; commenters are not authors."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200, unique=True)
    biography = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class ArticleQuerySet(models.QuerySet):
    def published(self):
        """Return what readers may see: published, and not only in the future."""
        is_due = Q(published_at__isnull=True) | Q(published_at__lte=Now())
        return self.filter(is_due, status=ArticleStatus.PUBLISHED)

    def publish(self):
        """Publish these stories; one that awaits its date gets this moment's."""
        # As exact as the story says: PostgreSQL has the same names for the units.
        moment = Func(
            "published_precision",
            Now(),
            Value("UTC"),
            function="date_trunc",
            output_field=models.DateTimeField(),
        )
        dated = Case(When(AWAITS_DATE, then=moment), default=F("published_at"))
        return self.update(status=ArticleStatus.PUBLISHED, published_at=dated)

    def withdraw(self):
        return self.update(status=ArticleStatus.WITHDRAWN)

    def at_address(self, slug):
        """Return the stories that have this address now or had it before."""
        former = FormerSlug.objects.filter(slug=slug)
        return self.filter(Q(slug=slug) | Q(pk__in=former.values("article")))

    def newest_first(self):
        return self.order_by("-listed_at", "-pk")

    def listed_after(self, pk):
        """Return the stories that `newest_first` puts after the one with this key."""
        listed_at = self.model.objects.filter(pk=pk).values("listed_at")[:1]
        # The first condition says the same as the second and is what the index reads.
        return self.filter(
            Q(listed_at__lt=listed_at) | Q(listed_at=listed_at, pk__lt=pk),
            listed_at__lte=listed_at,
        )

    def with_bylines(self):
        bylines = Byline.objects.select_related("author")
        return self.prefetch_related(models.Prefetch("bylines", bylines))

    def for_lists(self):
        """Leave out what only the story's own page shows."""
        return self.defer("body", "search_vector").select_related("section")

    def for_its_page(self):
        """Add what the story's page shows of other tables, in the same query."""
        topics = Topic.objects.filter(articles=OuterRef("pk"))
        corrections = ArticleRevision.objects.filter(
            article=OuterRef("pk"), is_correction=True
        ).order_by("number")
        return (
            self.defer("search_vector")
            .select_related("section")
            .annotate(
                topic_names=ArraySubquery(topics.values("name")),
                corrections=ArraySubquery(
                    corrections.values(
                        json=JSONObject(
                            note="note",
                            on=TruncDate("created_at"),
                        )
                    )
                ),
            )
            .with_bylines()
        )


class Article(models.Model):
    """A story, as it stands."""

    headline = models.CharField(max_length=500)
    slug = models.SlugField(
        max_length=200,
        unique=True,
        blank=True,
        help_text="The address of the story. Made from the headline when left empty; "
        "former addresses lead here for ever.",
    )
    standfirst = models.TextField(
        blank=True, help_text="One or two sentences below the headline."
    )
    body = ArticleHTMLField(blank=True)
    language = models.CharField(
        max_length=35,
        default="en",
        validators=[validate_language],
        help_text="A language tag such as en or pt-BR.",
    )
    section = models.ForeignKey(
        Section,
        on_delete=models.PROTECT,
        related_name="articles",
        null=True,
        blank=True,
    )
    topics = models.ManyToManyField(Topic, related_name="articles", blank=True)
    authors = models.ManyToManyField(Author, through="Byline", related_name="articles")
    status = models.CharField(
        max_length=20, choices=ArticleStatus, default=ArticleStatus.DRAFT
    )
    published_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="In the future: readers see the story from then on. Empty: the "
        "moment of publication, or never known if you say so beside it.",
    )
    published_precision = models.CharField(
        max_length=10, choices=Precision, default=Precision.SECOND
    )
    published_basis = models.CharField(
        max_length=10, choices=Basis, default=Basis.EDITED
    )
    published_note = models.CharField(
        max_length=500,
        blank=True,
        help_text="Readers see how the date is known when no source gave it.",
    )
    source_url = models.URLField("source address", max_length=2000, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # Kept by a trigger.
    changed_at = models.DateTimeField(db_default=Now(), editable=False)
    listed_at = models.GeneratedField(
        expression=Coalesce("published_at", Value(BEFORE_ALL)),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    search_vector = models.GeneratedField(
        expression=search_document(headline="A", standfirst="B", body="C"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ArticleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=ArticleStatus.values),
                name="article_status_valid",
                violation_error_message="A story is draft, published or withdrawn.",
            ),
            models.CheckConstraint(
                condition=~Q(headline=""),
                name="article_has_headline",
                violation_error_message="A story needs a headline.",
            ),
            models.CheckConstraint(
                condition=~Q(slug=""),
                name="article_has_slug",
                violation_error_message="A story needs an address.",
            ),
            models.CheckConstraint(
                condition=dates.has_precision("published_at")
                | (
                    AWAITS_DATE
                    & Q(published_precision__in=Precision.values)
                    & ~Q(status=ArticleStatus.PUBLISHED)
                ),
                name="article_date_has_precision",
                violation_error_message="Say how exact the date is; leave the date "
                "empty only when it is unknown.",
            ),
            models.CheckConstraint(
                condition=Q(language__regex=LANGUAGE_TAG),
                name="article_language_is_tag",
                violation_error_message="A language is a tag such as en or pt-BR.",
            ),
            models.CheckConstraint(
                condition=Q(published_basis__in=Basis.values),
                name="article_basis_valid",
                violation_error_message="Say where the date comes from.",
            ),
        ]
        indexes = [
            # The front page and every list of stories.
            models.Index(
                F("listed_at").desc(),
                F("id").desc(),
                condition=Q(status=ArticleStatus.PUBLISHED),
                name="article_listed_idx",
            ),
            GinIndex("search_vector", name="article_search_idx"),
            # Search: which languages there are.
            models.Index(
                LanguageCode("language"),
                condition=Q(status=ArticleStatus.PUBLISHED) & ~Q(language=""),
                name="article_language_idx",
            ),
        ]

    def __str__(self):
        return self.headline

    def get_absolute_url(self):
        return reverse("article-detail", args=[self.slug])

    def clean(self):
        if not self.slug:
            # A story keeps its address; a new one gets it from the headline.
            known = Article.objects.filter(pk=self.pk).values_list("slug", flat=True)
            self.slug = known.first() or self.unused_slug(self.headline)
        taken = FormerSlug.objects.filter(slug=self.slug).exclude(article=self.pk)
        if taken.exists():
            raise ValidationError(
                {"slug": "This was the address of another story and still leads to it."}
            )

    @classmethod
    def unused_slug(cls, headline: str) -> str:
        """Return an address made from the headline that no story has or had."""
        return cls.unused_slugs([headline])[0]

    @classmethod
    def unused_slugs(cls, headlines: list[str]) -> list[str]:
        """Return for each headline an address that no story and no other one has."""
        stems = [slugify(line)[:180].strip("-") or "story" for line in headlines]
        taken = cls.slugs_in_use(Q(slug__in=stems))
        repeated = {stem for stem, count in Counter(stems).items() if count > 1}
        for stem in (taken & {*stems}) | repeated:
            taken |= cls.slugs_in_use(Q(slug__startswith=f"{stem}-"))
        slugs = []
        for stem in stems:
            slug, number = stem, 1
            while slug in taken:
                number += 1
                slug = f"{stem}-{number}"
            taken.add(slug)
            slugs.append(slug)
        return slugs

    @classmethod
    def slugs_in_use(cls, condition: Q) -> set[str]:
        """Return the addresses meeting a condition that stories have or had."""
        return {
            *cls.objects.filter(condition).values_list("slug", flat=True),
            *FormerSlug.objects.filter(condition).values_list("slug", flat=True),
        }

    def revise(self, *, by=None, note="", is_correction=False):
        """Keep the text as it now stands; a correction is shown to readers."""
        latest = self.revisions.aggregate(number=Max("number"))["number"] or 0
        return self.revisions.create(
            number=latest + 1,
            headline=self.headline,
            standfirst=self.standfirst,
            body=self.body,
            editor=by,
            note=note,
            is_correction=is_correction,
        )

    @property
    def dated_corrections(self):
        """What `for_its_page` found: the notes of corrections, oldest first."""
        return [
            {"note": found["note"], "on": date.fromisoformat(found["on"])}
            for found in self.corrections
        ]

    @property
    def published_in_words(self):
        return dates.describe(self.published_at, self.published_precision)

    @property
    def published_machine_readable(self):
        return dates.machine_readable(self.published_at, self.published_precision)


class Byline(models.Model):
    """Who wrote a story, in the order of its byline."""

    article = models.ForeignKey(
        Article, on_delete=models.CASCADE, related_name="bylines"
    )
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="bylines")
    position = models.PositiveSmallIntegerField(default=1)
    biography = models.TextField(
        blank=True,
        help_text="The note about the writer as printed with this story. "
        "Empty: the author's own.",
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "author"],
                name="byline_author_once",
                violation_error_message="This author is in the byline already.",
            ),
            models.UniqueConstraint(
                fields=["article", "position"],
                name="byline_position_once",
                violation_error_message="Two authors cannot share a place.",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self):
        return self.author.name

    @property
    def note(self):
        return self.biography or self.author.biography


class ArticleRevision(models.Model):
    """A story's text after a change. Append-only: the database refuses an update."""

    article = models.ForeignKey(
        Article, on_delete=models.CASCADE, related_name="revisions"
    )
    number = models.PositiveIntegerField()
    headline = models.CharField(max_length=500)
    standfirst = models.TextField(blank=True)
    body = ArticleHTMLField(blank=True)
    note = models.TextField(blank=True)
    is_correction = models.BooleanField(default=False)
    editor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="article_revisions",
        null=True,
        blank=True,
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "number"], name="revision_number_once"
            ),
            models.CheckConstraint(
                condition=Q(is_correction=False) | ~Q(note=""),
                name="revision_correction_has_note",
                violation_error_message="Tell readers what was corrected.",
            ),
        ]

    def __str__(self):
        return f"Revision {self.number}"


class FormerSlug(models.Model):
    """An address a story had before. Written by a trigger; it redirects for ever."""

    article = models.ForeignKey(
        Article, on_delete=models.CASCADE, related_name="former_slugs"
    )
    slug = models.SlugField(max_length=200, unique=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self):
        return self.slug
