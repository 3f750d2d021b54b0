"""The published record: stories, who wrote them, and how they changed."""

from collections import Counter
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Func,
    Max,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import (
    Coalesce,
    JSONObject,
    Left,
    Lower,
    Now,
    NullIf,
    Trunc,
    TruncDate,
)
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from articles import dates
from articles.addresses import address_of
from articles.choices import ArticleStatus, Basis, Precision
from articles.expressions import MonthAndDay, SortKey
from articles.html import ArticleHTMLField
from articles.languages import LANGUAGE_TAG, validate_language
from articles.prepared import prepared_rows
from articles.search import LanguageCode, search_document

# Stories without a known date are listed after all others.
BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)


# Not yet published, and to be dated when it is.
AWAITS_DATE = Q(published_at=None) & ~Q(published_precision=Precision.UNKNOWN)


# One look into an index for each language, however many stories there are.
LANGUAGES_OF_STORIES = """
    WITH RECURSIVE found (language) AS (
        (SELECT language FROM articles_article
         WHERE status = 'published' AND listed_at <= statement_timestamp()
         ORDER BY language LIMIT 1)
        UNION ALL
        SELECT (SELECT language FROM articles_article
                WHERE status = 'published' AND listed_at <= statement_timestamp()
                AND language > found.language ORDER BY language LIMIT 1)
        FROM found WHERE language IS NOT NULL
    )
    SELECT language FROM found WHERE language <> ''
"""
EDGES_OF_STORIES = """
    SELECT min(listed_at), max(listed_at) FROM articles_article
    WHERE status = 'published' AND listed_at <= statement_timestamp()
    AND listed_at >= %(begins)s
"""


class NameQuerySet(models.QuerySet):
    """Names that stories are filed under; `Model.article_field` is the story's word."""

    def with_stories(self):
        """Leave out the names under which readers find nothing."""
        stories = {self.model.article_field: OuterRef("pk")}
        return self.filter(Exists(Article.objects.published().filter(**stories)))

    def in_order(self):
        return self.order_by(*self.model.list_order)

    def after(self, pk):
        """Return the names that `in_order` puts after the one with this key.

        None when that one is not among these: a page must not tell where a name that
        only drafts use would stand.
        """
        order = self.model.list_order
        last = self.filter(pk=pk).values(*order).first()
        if last is None:
            return self.none()
        follows = Q()
        for place, field in enumerate(order):
            same = {earlier: last[earlier] for earlier in order[:place]}
            follows |= Q(**same, **{f"{field}__gt": last[field]})
        return self.filter(follows, **{f"{order[0]}__gte": last[order[0]]})

    def starting_with(self, letter):
        return self.filter(sort_key__startswith=letter)

    def first_letters(self):
        letters = self.order_by().values_list(Left("sort_key", 1), flat=True)
        return sorted(letters.distinct())


class Name(models.Model):
    """What sections, topics and authors have in common."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=200, unique=True)
    sort_key = models.GeneratedField(
        expression=SortKey(Lower("name")),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = NameQuerySet.as_manager()

    list_order = ["sort_key", "pk"]

    class Meta:
        abstract = True

    def __str__(self):
        return self.name

    @property
    def first_letter(self):
        return self.sort_key[:1].upper()


class Section(Name):
    """A part of the paper, such as “Technology”."""

    description = models.TextField(_("description"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    article_field = "section"
    list_order = ["position", "sort_key", "pk"]

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["position", "name"]

    def get_absolute_url(self):
        return address_of("section-detail", self.slug)


class Topic(Name):
    """What stories are about, across sections."""

    article_field = "topics"

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["name"]
        indexes = [
            # The list of topics, page by page.
            models.Index("sort_key", "id", name="topic_alphabet_idx"),
        ]

    def get_absolute_url(self):
        return address_of("topic-detail", self.slug)


class Author(Name):
    """Somebody who writes stories; commenters are not authors."""

    biography = models.TextField(_("biography"), blank=True)

    article_field = "authors"

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ["name"]
        indexes = [
            # The list of authors, page by page.
            models.Index("sort_key", "id", name="author_alphabet_idx"),
            # Those whom a search may mean.
            GinIndex(SearchVector("name", config="simple"), name="author_words_idx"),
        ]

    def get_absolute_url(self):
        return address_of("author-detail", self.slug)


class ArticleQuerySet(models.QuerySet):
    def published(self):
        """Return what readers may see: published, and not only in the future."""
        # In words that the indexes of lists know: what has no date is listed, too.
        return self.filter(listed_at__lte=Now(), status=ArticleStatus.PUBLISHED)

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
        """Return the story that has this address now or had it before.

        By its key, which two indexes give: an OR of both would read every story.
        """
        present = Article.objects.filter(slug=slug).order_by().values("pk")
        former = FormerSlug.objects.filter(slug=slug).order_by().values("article")
        return self.filter(pk=Coalesce(Subquery(present), Subquery(former)))

    def newest_first(self):
        return self.order_by("-listed_at", "-pk")

    def oldest_first(self):
        return self.order_by("listed_at", "pk")

    def listed_after(self, pk):
        """Return the stories that `newest_first` puts after the one with this key.

        None when that one is not among these: a page must not tell when a draft stood.
        """
        listed_at = self.filter(pk=pk).values("listed_at")[:1]
        # The first condition says the same as the second and is what the index reads.
        return self.filter(
            Q(listed_at__lt=listed_at) | Q(listed_at=listed_at, pk__lt=pk),
            listed_at__lte=listed_at,
        )

    def filed_under(self, name):
        """Return the stories of a section, topic or author."""
        return self.filter(**{name.article_field: name})

    def dated(self, unit):
        """Return the stories whose year, month or day is known."""
        return self.filter(
            listed_at__gte=dates.CALENDAR_BEGINS,
            published_precision__in=dates.known_to(unit),
        )

    def dated_only_to(self, unit):
        return self.filter(published_precision=unit)

    def undated(self):
        return self.filter(listed_at=BEFORE_ALL)

    def in_period(self, period):
        """Return the stories that are known to be of this year, month or day."""
        edges = period.edges()
        # The last two say less than the first two and are what the index reads.
        return self.filter(
            self._is_exact(listed_at__gte=edges["begins"], listed_at__lt=edges["ends"])
            | self._is_coarse(
                listed_at__gte=edges["utc_begins"], listed_at__lt=edges["utc_ends"]
            ),
            published_precision__in=dates.known_to(period.precision),
            listed_at__gte=edges["earliest_begin"],
            listed_at__lt=edges["latest_end"],
        )

    def before(self, period):
        edges = period.edges()
        return self.filter(
            self._is_exact(listed_at__lt=edges["begins"])
            | self._is_coarse(listed_at__lt=edges["utc_begins"]),
            listed_at__lt=edges["latest_begin"],
        )

    def following(self, period):
        edges = period.edges()
        return self.filter(
            self._is_exact(listed_at__gte=edges["ends"])
            | self._is_coarse(listed_at__gte=edges["utc_ends"]),
            listed_at__gte=edges["earliest_end"],
        )

    def on_day_of_any_year(self, month, day):
        """Return the stories of this day of the calendar, in whatever year."""
        days = self.alias(month_and_day=MonthAndDay("published_at"))
        return days.filter(
            self._is_exact(published_at__month=month, published_at__day=day)
            | self._is_coarse(month_and_day=month * 100 + day),
            # Says less than the first, and is what the index reads.
            month_and_day__in=dates.days_near(month, day),
            published_precision__in=dates.known_to(Precision.DAY),
        )

    @staticmethod
    def _is_exact(**condition):
        return Q(published_precision__in=dates.EXACT, **condition)

    @staticmethod
    def _is_coarse(**condition):
        return ~Q(published_precision__in=dates.EXACT) & Q(**condition)

    def counted_by(self, unit):
        """Return how many stories each year, month or day has, by its first day."""
        return dict(self.counts_by(unit))

    def counts_by(self, unit):
        """Return the same yet to be read, as pairs, in the time zone of this moment."""
        zone = timezone.get_current_timezone()
        exact = self._is_exact()
        day = Case(
            When(exact, then=TruncDate("listed_at", tzinfo=zone)),
            default=TruncDate("listed_at", tzinfo=UTC),
        )
        return self.order_by().values_list(Trunc(day, unit)).annotate(Count("pk"))

    def counted_by_name(self, names):
        """Return how many stories each of these names has, by its key."""
        if not names:
            return {}
        field = names[0].article_field
        counts = self.filter(**{f"{field}__in": names}).order_by().values_list(field)
        return dict(counts.annotate(Count("pk")))

    def with_bylines(self):
        bylines = Byline.objects.select_related("author")
        return self.prefetch_related(models.Prefetch("bylines", bylines))

    def as_listed(self):
        """Read only what a list shows of a story, with the name of its section."""
        return self.only(
            "headline",
            "slug",
            "standfirst",
            "language",
            "published_at",
            "published_precision",
        ).annotate(section_name=F("section__name"), section_slug=F("section__slug"))

    def with_byline_authors(self):
        """Add the names and slugs of who wrote each story, in the same query."""
        return self._with_byline_authors()

    def _with_byline_authors(self, **more):
        authors = Byline.objects.filter(article=OuterRef("pk")).order_by("position")
        told = JSONObject(name="author__name", slug="author__slug", **more)
        return self.annotate(byline_authors=ArraySubquery(authors.values(json=told)))

    def for_lists(self):
        """Leave out what only the story's own page shows."""
        return self.defer("body", "search_vector").select_related("section")

    def for_its_page(self):
        """Add what the story's page shows of other tables, in the same query."""
        topics = Topic.objects.filter(articles=OuterRef("pk"))
        own_note = NullIf("biography", Value(""))
        corrections = ArticleRevision.objects.filter(
            article=OuterRef("pk"), is_correction=True
        ).order_by("number")
        return (
            self.defer("search_vector")
            .select_related("section")
            .annotate(
                filed_under=ArraySubquery(
                    topics.values(json=JSONObject(name="name", slug="slug"))
                ),
                corrections=ArraySubquery(
                    corrections.values(json=JSONObject(note="note", at="created_at"))
                ),
            )
            ._with_byline_authors(note=Coalesce(own_note, "author__biography"))
        )


class Article(models.Model):
    """A story, as it stands."""

    headline = models.CharField(_("headline"), max_length=500)
    slug = models.SlugField(
        _("slug"),
        max_length=200,
        unique=True,
        blank=True,
        help_text=_(
            "The address of the story. Made from the headline when left empty; "
            "former addresses lead here for ever."
        ),
    )
    standfirst = models.TextField(
        _("standfirst"),
        blank=True,
        help_text=_("One or two sentences below the headline."),
    )
    body = ArticleHTMLField(_("body"), blank=True)
    language = models.CharField(
        _("language"),
        max_length=35,
        default="en",
        validators=[validate_language],
        help_text=_("A language tag such as en or pt-BR."),
    )
    section = models.ForeignKey(
        Section,
        on_delete=models.PROTECT,
        related_name="articles",
        null=True,
        blank=True,
        verbose_name=_("section"),
    )
    topics = models.ManyToManyField(
        Topic,
        related_name="articles",
        blank=True,
        verbose_name=_("topics"),
    )
    authors = models.ManyToManyField(
        Author,
        through="Byline",
        related_name="articles",
        verbose_name=_("authors"),
    )
    status = models.CharField(
        _("status"), max_length=20, choices=ArticleStatus, default=ArticleStatus.DRAFT
    )
    published_at = models.DateTimeField(
        _("published at"),
        null=True,
        blank=True,
        help_text=_(
            "In the future: readers see the story from then on. Empty: the "
            "moment of publication, or never known if you say so beside it."
        ),
    )
    published_precision = models.CharField(
        _("published precision"),
        max_length=10,
        choices=Precision,
        default=Precision.SECOND,
    )
    published_basis = models.CharField(
        _("published basis"), max_length=10, choices=Basis, default=Basis.EDITED
    )
    published_note = models.CharField(
        _("published note"),
        max_length=500,
        blank=True,
        help_text=_("Readers see how the date is known when no source gave it."),
    )
    source_url = models.URLField(_("source address"), max_length=2000, blank=True)
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
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=ArticleStatus.values),
                name="article_status_valid",
                violation_error_message=_("A story is draft, published or withdrawn."),
            ),
            models.CheckConstraint(
                condition=~Q(headline=""),
                name="article_has_headline",
                violation_error_message=_("A story needs a headline."),
            ),
            models.CheckConstraint(
                condition=~Q(slug=""),
                name="article_has_slug",
                violation_error_message=_("A story needs an address."),
            ),
            models.CheckConstraint(
                condition=dates.has_precision("published_at")
                | (
                    AWAITS_DATE
                    & Q(published_precision__in=Precision.values)
                    & ~Q(status=ArticleStatus.PUBLISHED)
                ),
                name="article_date_has_precision",
                violation_error_message=_(
                    "Say how exact the date is; leave the date "
                    "empty only when it is unknown."
                ),
            ),
            models.CheckConstraint(
                condition=Q(language__regex=LANGUAGE_TAG),
                name="article_language_is_tag",
                violation_error_message=_("A language is a tag such as en or pt-BR."),
            ),
            models.CheckConstraint(
                condition=Q(published_basis__in=Basis.values),
                name="article_basis_valid",
                violation_error_message=_("Say where the date comes from."),
            ),
        ]
        indexes = [
            # The front page, every list of stories, and the counts of the archive.
            models.Index(
                F("listed_at").desc(),
                F("id").desc(),
                condition=Q(status=ArticleStatus.PUBLISHED),
                include=["published_precision"],
                name="article_listed_idx",
            ),
            # A section's page.
            models.Index(
                F("section"),
                F("listed_at").desc(),
                F("id").desc(),
                condition=Q(status=ArticleStatus.PUBLISHED),
                name="article_section_listed_idx",
            ),
            # The list of stories in one language, and which languages there are.
            models.Index(
                F("language"),
                F("listed_at").desc(),
                F("id").desc(),
                condition=Q(status=ArticleStatus.PUBLISHED),
                name="article_language_listed_idx",
            ),
            # On this day.
            models.Index(
                MonthAndDay("published_at"),
                F("listed_at").desc(),
                F("id").desc(),
                condition=Q(
                    status=ArticleStatus.PUBLISHED,
                    published_precision__in=dates.known_to(Precision.DAY),
                ),
                name="article_day_of_year_idx",
            ),
            # Put in at once: a story has hundreds of words, and each search would look
            # through those of all stories that wait.
            GinIndex("search_vector", name="article_search_idx", fastupdate=False),
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
        return address_of("article-detail", self.slug)

    def clean(self):
        if not self.slug:
            # A story keeps its address; a new one gets it from the headline.
            known = Article.objects.filter(pk=self.pk).values_list("slug", flat=True)
            self.slug = known.first() or self.unused_slug(self.headline)
        taken = FormerSlug.objects.filter(slug=self.slug).exclude(article=self.pk)
        if taken.exists():
            raise ValidationError(
                {
                    "slug": _(
                        "This was the address of another story and still leads to it."
                    )
                }
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

    @classmethod
    def published_languages(cls) -> list[str]:
        """Return the languages that readers find stories in."""
        return [language for (language,) in prepared_rows(LANGUAGES_OF_STORIES)]

    @classmethod
    def published_years(cls) -> list[int]:
        """Return the years from the oldest dated story to the newest, newest first."""
        ((oldest, newest),) = prepared_rows(
            EDGES_OF_STORIES, {"begins": dates.CALENDAR_BEGINS}
        )
        if oldest is None:
            return []
        years = [
            timezone.localtime(at, zone).year
            for at in (oldest, newest)
            for zone in (None, UTC)
        ]
        return list(range(max(years), min(years) - 1, -1))

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
            {
                "note": found["note"],
                "on": timezone.localtime(datetime.fromisoformat(found["at"])).date(),
            }
            for found in self.corrections
        ]

    @property
    def published_on(self):
        """The day it is of, or None when that is not known."""
        return dates.known_day(self.published_at, self.published_precision)

    @property
    def published_in_words(self):
        return dates.describe(self.published_at, self.published_precision)

    @property
    def published_machine_readable(self):
        return dates.machine_readable(self.published_at, self.published_precision)


class Byline(models.Model):
    """Who wrote a story, in the order of its byline."""

    article = models.ForeignKey(
        Article,
        on_delete=models.CASCADE,
        related_name="bylines",
        verbose_name=_("article"),
    )
    author = models.ForeignKey(
        Author,
        on_delete=models.PROTECT,
        related_name="bylines",
        verbose_name=_("author"),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    biography = models.TextField(
        _("biography"),
        blank=True,
        help_text=_(
            "The note about the writer as printed with this story. "
            "Empty: the author's own."
        ),
    )

    class Meta:
        verbose_name = _("byline")
        verbose_name_plural = _("bylines")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "author"],
                name="byline_author_once",
                violation_error_message=_("This author is in the byline already."),
            ),
            models.UniqueConstraint(
                fields=["article", "position"],
                name="byline_position_once",
                violation_error_message=_("Two authors cannot share a place."),
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
        Article,
        on_delete=models.CASCADE,
        related_name="revisions",
        verbose_name=_("article"),
    )
    number = models.PositiveIntegerField(_("number"))
    headline = models.CharField(_("headline"), max_length=500)
    standfirst = models.TextField(_("standfirst"), blank=True)
    body = ArticleHTMLField(_("body"), blank=True)
    note = models.TextField(_("note"), blank=True)
    is_correction = models.BooleanField(_("is correction"), default=False)
    editor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="article_revisions",
        null=True,
        blank=True,
        verbose_name=_("editor"),
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        verbose_name = _("article revision")
        verbose_name_plural = _("article revisions")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "number"], name="revision_number_once"
            ),
            models.CheckConstraint(
                condition=Q(is_correction=False) | ~Q(note=""),
                name="revision_correction_has_note",
                violation_error_message=_("Tell readers what was corrected."),
            ),
        ]

    def __str__(self):
        return gettext("Revision %(number)s") % {"number": self.number}


class FormerSlug(models.Model):
    """An address a story had before. Written by a trigger; it redirects for ever."""

    article = models.ForeignKey(
        Article,
        on_delete=models.CASCADE,
        related_name="former_slugs",
        verbose_name=_("article"),
    )
    slug = models.SlugField(_("slug"), max_length=200, unique=True)

    class Meta:
        verbose_name = _("former slug")
        verbose_name_plural = _("former slugs")
        ordering = ["slug"]

    def __str__(self):
        return self.slug
