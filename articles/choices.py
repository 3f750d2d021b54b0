"""The states that stories can be in, for models and for formats alike."""

from django.db.models import TextChoices


class ArticleStatus(TextChoices):
    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Precision(TextChoices):
    """How exact a time is."""

    SECOND = "second", "exact to the second"
    MINUTE = "minute", "exact to the minute"
    DAY = "day", "the day is known"
    MONTH = "month", "the month is known"
    YEAR = "year", "the year is known"
    UNKNOWN = "unknown", "unknown"


class Basis(TextChoices):
    """Where a fact comes from."""

    GIVEN = "given", "given by the source"
    EDITED = "edited", "set by an editor"
    INFERRED = "inferred", "inferred"
