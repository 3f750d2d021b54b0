"""Provenance: the files that were taken in, and what became of each record in them."""

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from articles import dates
from articles.choices import Precision
from articles.models import Article
from comments.models import Comment
from newsroom.archive.formats import FORMATS


def sources_storage():
    """Return where files are kept as they came. A function, so settings may change."""
    return storages["sources"]


def source_path(source, filename):
    """Name a kept file by its hash, so that the same bytes are kept once."""
    return f"{source.sha256[:2]}/{source.sha256}"


class Outcome(models.TextChoices):
    """What became of a record. A file's records are the sum of these."""

    STORED = "stored", "Stored"
    ALREADY_THERE = "already_there", "Already there"
    SET_ASIDE = "set_aside", "Set aside"


class RecordKind(models.TextChoices):
    SECTION = "section", "Section"
    AUTHOR = "author", "Author"
    ARTICLE = "article", "Article"
    COMMENT = "comment", "Comment"
    OTHER = "other", "Other"
    UNKNOWN = "unknown", "Unknown"


class Source(models.Model):
    """A file as it came."""

    sha256 = models.CharField("SHA-256", max_length=64, unique=True)
    name = models.CharField(max_length=255, help_text="The file's name when it came.")
    size = models.BigIntegerField(help_text="In bytes.")
    file = models.FileField(
        storage=sources_storage, upload_to=source_path, max_length=255
    )
    format = models.CharField(max_length=30)
    origin = models.CharField(
        max_length=255,
        help_text="Whose ids its records carry. Two files of one origin speak of the "
        "same stories and comments.",
    )
    url = models.URLField("source address", max_length=2000, blank=True)
    captured_at = models.DateTimeField(null=True, blank=True)
    captured_precision = models.CharField(
        max_length=10, choices=Precision, default=Precision.UNKNOWN
    )
    note = models.TextField(
        blank=True, help_text="What the capture kept and what it lost. Readers see it."
    )
    ends_early = models.TextField(
        blank=True,
        help_text="Why the file could not be read to its end. Empty: it was.",
    )
    repairs = models.JSONField(
        default=dict, blank=True, help_text="What had to be repaired to read it."
    )
    ledger = models.JSONField(
        default=dict,
        help_text="Of its import: by kind of record, how many came to what.",
    )
    imported_at = models.DateTimeField(db_default=Now())
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="sources",
        null=True,
        blank=True,
    )

    class Meta:
        ordering = ["-imported_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=dates.has_precision("captured_at"),
                name="source_date_has_precision",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def format_in_words(self):
        known = FORMATS.get(self.format)
        return known.LABEL if known else f"from a file of the format {self.format}"

    @property
    def captured_in_words(self):
        return dates.describe(self.captured_at, self.captured_precision)

    @property
    def captured_machine_readable(self):
        return dates.machine_readable(self.captured_at, self.captured_precision)


class RecordQuerySet(models.QuerySet):
    def for_article(self, article):
        """Return what made the article, with the file it stood in but without its raw.

        What a later file said differently was set aside and made nothing.
        """
        return (
            self.filter(
                article=article, kind=RecordKind.ARTICLE, outcome=Outcome.STORED
            )
            .select_related("source")
            .defer("raw", "source__ledger", "source__repairs")
            .order_by("-pk")
        )


class Record(models.Model):
    """One record in a source: its id there, its raw text, and what became of it."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="records")
    position = models.PositiveIntegerField(help_text="1 for the first in the file.")
    line = models.PositiveIntegerField(help_text="Where in the file it begins.")
    kind = models.CharField(max_length=20, choices=RecordKind)
    given_id = models.CharField(
        max_length=255, help_text="Its id in the file, or its position among its kind."
    )
    raw = models.TextField(help_text="As it stood in the file.")
    outcome = models.CharField(max_length=20, choices=Outcome)
    reason = models.CharField(max_length=500, blank=True)
    article = models.ForeignKey(
        Article,
        on_delete=models.SET_NULL,
        related_name="records",
        null=True,
        blank=True,
    )
    comment = models.ForeignKey(
        Comment,
        on_delete=models.SET_NULL,
        related_name="records",
        null=True,
        blank=True,
    )

    objects = RecordQuerySet.as_manager()

    class Meta:
        ordering = ["source_id", "position"]
        indexes = [
            # An import asks which of its records an earlier file has brought.
            models.Index(fields=["given_id", "kind"], name="record_given_id_idx"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "position"], name="record_position_once"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="record_outcome_valid"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=RecordKind.values), name="record_kind_valid"
            ),
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.SET_ASIDE) | ~Q(reason=""),
                name="record_set_aside_has_reason",
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.given_id}"
