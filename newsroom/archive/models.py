"""Provenance: the files that were taken in, and what became of each record in them."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.indexes import HashIndex
from django.core.files.storage import storages
from django.db import models
from django.db.models import Case, Q, When
from django.db.models.functions import MD5, JSONObject, Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

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


class SourceState(models.TextChoices):
    """How far the taking in of a file has come."""

    WAITING = "waiting", _("Not taken in yet")
    RUNNING = "running", _("Being taken in")
    DONE = "done", _("Taken in")
    TRUNCATED = "truncated", _("Taken in as far as it is whole")
    FAILED = "failed", _("Failed")


class Outcome(models.TextChoices):
    """What became of a record. A file's records are the sum of these."""

    # Within a line they stand in lower case, so translations need words without nouns.
    PUBLIC = "public", _("Stored, public")
    HIDDEN = "hidden", _("Stored, hidden")
    LINKED = "linked", _("Linked to what was there")
    SET_ASIDE = "set_aside", _("Set aside")


class Change(models.TextChoices):
    """What a stored record is to what earlier files of its origin brought."""

    NEW = "new", _("New")
    CHANGED = "changed", _("Changed")
    UNCHANGED = "unchanged", _("Unchanged")


class RecordKind(models.TextChoices):
    SECTION = "section", _("Section")
    TOPIC = "topic", _("Topic")
    TERM = "term", _("Term")
    AUTHOR = "author", _("Author")
    ATTACHMENT = "attachment", _("Attachment")
    ARTICLE = "article", _("Article")
    COMMENT = "comment", _("Comment")
    SOURCE = "source", _("Source")
    RECORD = "record", _("Record")
    OTHER = "other", _("Other")
    UNKNOWN = "unknown", _("Unknown")


class Source(models.Model):
    """A file as it came."""

    sha256 = models.CharField("SHA-256", max_length=64, unique=True)
    name = models.CharField(
        _("name"), max_length=255, help_text=_("The file's name when it came.")
    )
    size = models.BigIntegerField(_("size"), help_text=_("In bytes."))
    file = models.FileField(
        storage=sources_storage, upload_to=source_path, max_length=255
    )
    format = models.CharField(_("format"), max_length=30)
    origin = models.CharField(
        _("origin"),
        max_length=255,
        help_text=_(
            "Whose ids its records carry. Two files of one origin speak of the "
            "same stories and comments."
        ),
    )
    url = models.URLField(_("source address"), max_length=2000, blank=True)
    captured_at = models.DateTimeField(_("captured at"), null=True, blank=True)
    captured_precision = models.CharField(
        max_length=10, choices=Precision, default=Precision.UNKNOWN
    )
    note = models.TextField(
        _("note"),
        blank=True,
        help_text=_("What the capture kept and what it lost. Readers see it."),
    )
    sections_from = models.CharField(
        _("sections from"),
        max_length=20,
        blank=True,
        help_text=_("Which terms became sections. Empty: as the site's setting says."),
    )
    ends_early = models.TextField(
        _("ends early"),
        blank=True,
        help_text=_("Why the file could not be read to its end. Empty: it was."),
    )
    repairs = models.JSONField(
        _("repairs"),
        default=dict,
        blank=True,
        help_text=_("What had to be repaired to read it."),
    )
    ledger = models.JSONField(
        _("ledger"),
        default=dict,
        help_text=_("Of its import: by kind of record, how many came to what."),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=SourceState, default=SourceState.WAITING
    )
    trial = models.JSONField(
        _("trial"),
        default=dict,
        blank=True,
        help_text=_("What a dry run found: its ledger, and what else it tells."),
    )
    progress = models.JSONField(
        _("progress"),
        default=dict,
        blank=True,
        help_text=_("While it runs: what is done, of how much."),
    )
    error = models.TextField(
        _("error"), blank=True, help_text=_("Why it failed, and what to do.")
    )
    imported_at = models.DateTimeField(_("imported at"), db_default=Now())
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="sources",
        null=True,
        blank=True,
        verbose_name=_("imported by"),
    )

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["-imported_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=dates.has_precision("captured_at"),
                name="source_date_has_precision",
            ),
            models.CheckConstraint(
                condition=Q(state__in=SourceState.values), name="source_state_valid"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_taken_in(self):
        return self.state in (SourceState.DONE, SourceState.TRUNCATED)

    @property
    def format_in_words(self):
        known = FORMATS.get(self.format)
        if known:
            return gettext(known.LABEL)
        return gettext("from a file of the format %(format)s") % {"format": self.format}

    @property
    def captured_in_words(self):
        return dates.describe(self.captured_at, self.captured_precision)

    @property
    def imported_in_words(self):
        return dates.describe_day(self.imported_at, Precision.SECOND)

    @property
    def captured_machine_readable(self):
        return dates.machine_readable(self.captured_at, self.captured_precision)


# What readers see of a record and its file on the page of its story.
SHOWN_OF_RECORD = ("given_id", "start", "end")
SHOWN_OF_SOURCE = (
    "name",
    "size",
    "sha256",
    "format",
    "note",
    "captured_at",
    "captured_precision",
    "imported_at",
)


class RecordQuerySet(models.QuerySet):
    def for_article(self, article):
        """Return what made the article, with the file it stood in, the latest first.

        What brought nothing new comes last: another copy, or the same file read again.
        """
        return (
            self.filter(
                article=article,
                kind=RecordKind.ARTICLE,
                outcome__in=[Outcome.PUBLIC, Outcome.HIDDEN],
            )
            .select_related("source")
            .defer("source__ledger", "source__repairs", "source__trial")
            .order_by(Case(When(change=Change.UNCHANGED, then=1), default=0), "-pk")
        )

    def as_shown(self):
        """Return of each record what a story's page shows, as JSON for `record_of`."""
        source = {name: f"source__{name}" for name in SHOWN_OF_SOURCE}
        record = {name: name for name in SHOWN_OF_RECORD}
        return self.values(json=JSONObject(**record, source=JSONObject(**source)))

    def for_comment(self, comment):
        """Return what made the comment, with the file it stood in, the first one first.

        A later copy may be of the same or of another system.
        """
        made = self.filter(comment=comment, kind=RecordKind.COMMENT)
        return (
            made.stored()
            .select_related("source")
            .defer("source__ledger", "source__repairs", "source__trial")
            .order_by("pk")
        )

    def stored(self):
        return self.filter(outcome__in=[Outcome.PUBLIC, Outcome.HIDDEN])


class Record(models.Model):
    """One record in a source: its id and place there, and what became of it.

    Its raw text is not copied: it stands in the kept file.
    """

    source = models.ForeignKey(
        Source,
        on_delete=models.PROTECT,
        related_name="records",
        verbose_name=_("source"),
    )
    position = models.PositiveIntegerField(
        _("position"), help_text=_("1 for the first in the file.")
    )
    member = models.PositiveSmallIntegerField(
        _("member"),
        default=0,
        help_text=_("Which file it is in, if several are packed together."),
    )
    start = models.BigIntegerField(
        _("start"), help_text=_("Its first byte in the unpacked file.")
    )
    end = models.BigIntegerField(_("end"), help_text=_("The byte after its last."))
    kind = models.CharField(_("kind"), max_length=20, choices=RecordKind)
    given_id = models.CharField(
        _("given id"),
        max_length=255,
        help_text=_("Its id in the file, or its position among its kind."),
    )
    occurrence = models.PositiveIntegerField(
        _("occurrence"),
        default=1,
        help_text=_("2 for the second record of the same id in the file."),
    )
    given_parent = models.CharField(
        _("given parent"),
        max_length=255,
        blank=True,
        help_text=_("The id of what it answers, as given."),
    )
    awaits_parent = models.BooleanField(
        _("awaits parent"),
        default=False,
        help_text=_("No file has brought yet what it answers."),
    )
    given_status = models.CharField(
        _("given status"),
        max_length=255,
        blank=True,
        help_text=_("Its state in the source's own words."),
    )
    given_kind = models.CharField(_("given kind"), max_length=255, blank=True)
    also = models.CharField(
        _("id in another system"),
        max_length=255,
        blank=True,
        help_text=_("Such as disqus:123 or wordpress:45."),
    )
    digest = models.BinaryField(
        max_length=16, help_text="Of what was read in it; tells whether it changed."
    )
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome)
    change = models.CharField(
        _("change"), max_length=10, choices=Change, default=Change.NEW
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    article = models.ForeignKey(
        Article,
        on_delete=models.SET_NULL,
        related_name="records",
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("article"),
    )
    comment = models.ForeignKey(
        Comment,
        on_delete=models.SET_NULL,
        related_name="records",
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("comment"),
    )

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("record")
        verbose_name_plural = _("records")
        ordering = ["source_id", "position"]
        indexes = [
            # An import asks which of its records an earlier file has brought.
            models.Index(fields=["given_id", "kind"], name="record_given_id_idx"),
            # Where a story or a comment comes from, on its page and in admin.
            models.Index(
                fields=["article"],
                condition=Q(article__isnull=False),
                name="record_article_idx",
            ),
            models.Index(
                fields=["comment"],
                condition=Q(comment__isnull=False),
                name="record_comment_idx",
            ),
            # Replies that a later file may give their parent.
            models.Index(
                fields=["given_parent"],
                condition=Q(awaits_parent=True),
                name="record_awaits_idx",
            ),
            models.Index(
                fields=["also"], condition=~Q(also=""), name="record_also_idx"
            ),
            # Admin's list of what was set aside or linked in a source.
            models.Index(
                fields=["source", "outcome", "position"],
                condition=~Q(outcome=Outcome.PUBLIC),
                name="record_outcome_idx",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "position"], name="record_position_once"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="record_outcome_valid"
            ),
            models.CheckConstraint(
                condition=Q(change__in=Change.values), name="record_change_valid"
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
        return f"{gettext(self.kind)} {self.given_id}"


class SourceAddress(models.Model):
    """An address under which a story was known where it comes from."""

    article = models.ForeignKey(
        Article, on_delete=models.CASCADE, related_name="source_addresses"
    )
    address = models.CharField(max_length=2000, help_text="As given.")
    key = models.CharField(
        max_length=2000, help_text="Normalised, so that its variants are one."
    )

    class Meta:
        verbose_name = _("source address")
        verbose_name_plural = _("source addresses")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                "article", MD5("address"), name="source_address_once"
            ),
        ]
        indexes = [
            # An import asks which story an address belongs to; a hash, for an address
            # may be longer than an index entry.
            HashIndex(fields=["key"], name="source_address_key_idx"),
        ]

    def __str__(self):
        return self.address


def record_of(shown: dict | None) -> Record | None:
    """Return the record that `as_shown` tells of, with no more than that in it."""
    if shown is None:
        return None
    of_source = shown["source"]
    for name in ("captured_at", "imported_at"):
        if at := of_source[name]:
            of_source[name] = datetime.fromisoformat(at)
    return Record(**shown | {"source": Source(**of_source)})
