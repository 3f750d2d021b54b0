"""The states that stories can be in, for models and for formats alike."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ArticleStatus(TextChoices):
    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Precision(TextChoices):
    """How exact a time is."""

    SECOND = "second", _("exact to the second")
    MINUTE = "minute", _("exact to the minute")
    DAY = "day", _("the day is known")
    MONTH = "month", _("the month is known")
    YEAR = "year", _("the year is known")
    UNKNOWN = "unknown", _("unknown")


class Basis(TextChoices):
    """Where a fact comes from."""

    GIVEN = "given", _("given by the source")
    EDITED = "edited", _("set by an editor")
    INFERRED = "inferred", _("inferred")
