"""Times that are only as exact as their source.

Old material often knows a day, a month, a year or nothing at all. A time is stored as
the first instant of what is known, in UTC, with its precision beside it, and is shown
in words that claim no more.
"""

from datetime import UTC, date, datetime
from functools import lru_cache

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

from articles.choices import Precision

# Names of formats, which each language has its own of; a year is the same in all.
_COARSE_FORMATS = {
    Precision.DAY: "DATE_FORMAT",
    Precision.MONTH: "YEAR_MONTH_FORMAT",
    Precision.YEAR: "Y",
}
_ISO_LENGTHS = {Precision.DAY: 10, Precision.MONTH: 7, Precision.YEAR: 4}


def describe(at: datetime | None, precision: str) -> str:
    """Return the time in words, such as “23 February 2018” or “date unknown”.

    A day, month or year is shown as stored: it has no time zone to move it into
    another day. Exact times are shown in the site's time zone.
    """
    if at is None or precision == Precision.UNKNOWN:
        return gettext("date unknown")
    if precision in _COARSE_FORMATS:
        day = at.astimezone(UTC).date()
        return _day_in_words(day, _COARSE_FORMATS[precision], get_language())
    at = at.astimezone(timezone.get_default_timezone())
    day = _day_in_words(at.date(), "DATE_FORMAT", get_language())
    return f"{day}, {at.hour:02}:{at.minute:02}"


@lru_cache(maxsize=10_000)
def _day_in_words(day: date, format_name: str, language: str | None) -> str:
    """Format a day once: comments of a page share their days, a format costs 30 µs."""
    return date_format(day, format_name)


def machine_readable(at: datetime | None, precision: str) -> str:
    """Return the value of a `datetime` attribute, as exact as what is known, or ""."""
    if at is None or precision == Precision.UNKNOWN:
        return ""
    if precision in _ISO_LENGTHS:
        return at.astimezone(UTC).date().isoformat()[: _ISO_LENGTHS[precision]]
    unit = "minutes" if precision == Precision.MINUTE else "seconds"
    return at.astimezone(timezone.get_default_timezone()).isoformat(timespec=unit)


def has_precision(field: str) -> Q:
    """Return the rule that ties `<name>_at` to `<name>_precision`: both or neither."""
    precision = field.removesuffix("_at") + "_precision"
    unknown = {precision: Precision.UNKNOWN}
    return Q(**{f"{field}__isnull": True}, **unknown) | (
        Q(**{f"{field}__isnull": False}, **{f"{precision}__in": Precision.values})
        & ~Q(**unknown)
    )
