"""Times that are only as exact as their source.

Old material often knows a day, a month, a year or nothing at all. A time is stored as
the first instant of what is known, in UTC, with its precision beside it, and is shown
in words that claim no more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext

from articles.choices import Precision
from articles.prepared import Parameter

# Names of formats, which each language has its own of; a year is the same in all.
_COARSE_FORMATS = {
    Precision.DAY: "DATE_FORMAT",
    Precision.MONTH: "YEAR_MONTH_FORMAT",
    Precision.YEAR: "Y",
}
# As exact as a clock: such a time is of a day in the site's time zone.
EXACT = [Precision.SECOND, Precision.MINUTE]
# Before that, a date in UTC may be none in another time zone: there is no year 0.
CALENDAR_BEGINS = datetime(2, 1, 2, tzinfo=UTC)
YEARS = range(2, 9999)
FINEST_FIRST = [*EXACT, Precision.DAY, Precision.MONTH, Precision.YEAR]
_ISO_LENGTHS = {Precision.DAY: 10, Precision.MONTH: 7, Precision.YEAR: 4}

EDGES = (
    *("begins", "utc_begins", "ends", "utc_ends"),
    *("earliest_begin", "latest_begin", "earliest_end", "latest_end"),
)


@dataclass(frozen=True)
class Period:
    """A year, a month or a day of the calendar; ValueError when there is none such."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self):
        if self.year not in YEARS:
            raise ValueError(f"The calendar has no year {self.year}.")
        _ = self.first  # Refuses a month or day that there is not.

    def __str__(self) -> str:
        return day_in_words(self.first, _COARSE_FORMATS[self.precision])

    @classmethod
    def of(cls, at: datetime, precision: str, unit: str) -> "Period":
        """Return the year, month or day of a time that is known to this unit."""
        on = date_of(at, precision)
        length = {Precision.YEAR: 1, Precision.MONTH: 2, Precision.DAY: 3}[unit]
        return cls(*(on.year, on.month, on.day)[:length])

    @property
    def precision(self) -> Precision:
        """How exact a date must be to be known to fall into it."""
        if self.day is not None:
            return Precision.DAY
        return Precision.YEAR if self.month is None else Precision.MONTH

    def edges(self) -> dict[str, datetime]:
        """Return when it begins and is over in the site's time zone and in UTC.

        And the earlier and the later of both; EDGES has the names.
        """
        begins, ends = self.bounds(timezone.get_current_timezone())
        utc_begins, utc_ends = self.bounds(UTC)
        beginnings, endings = (begins, utc_begins), (ends, utc_ends)
        edges = (*beginnings, *endings, min(beginnings), max(beginnings))
        return dict(zip(EDGES, (*edges, min(endings), max(endings)), strict=True))

    @property
    def first(self) -> date:
        month, day = (1 if part is None else part for part in (self.month, self.day))
        return date(self.year, month, day)

    @property
    def following(self) -> date:
        """The first day after it."""
        if self.day is not None:
            return self.first + timedelta(days=1)
        if self.month is None or self.month == 12:
            return date(self.year + 1, 1, 1)
        return date(self.year, self.month + 1, 1)

    def bounds(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Return when it begins and when it is over in a time zone."""
        days = (self.first, self.following)
        begins, ends = (datetime(d.year, d.month, d.day, tzinfo=zone) for d in days)
        return begins, ends


class AnyPeriod:
    """Stands in a prepared query for a year, month or day that is not known yet."""

    def __init__(self, precision: Precision):
        self.precision = precision

    def edges(self) -> dict[str, Parameter]:
        return {name: Parameter(name) for name in EDGES}


def known_to(precision: str) -> list[Precision]:
    """Return this precision of a date and all that are finer."""
    return FINEST_FIRST[: FINEST_FIRST.index(precision) + 1]


def days_near(month: int, day: int) -> list[int]:
    """Return the days that it can be in UTC when somewhere it is this day.

    As numbers, 223 for 23 February, for years with a 29 February and for those without.
    """
    years = [2000] if (month, day) == (2, 29) else [2000, 2001]
    near = [
        date(year, month, day) + timedelta(days=distance)
        for year in years
        for distance in (-1, 0, 1)
    ]
    return sorted({on.month * 100 + on.day for on in near})


def known_day(at: datetime | None, precision: str) -> date | None:
    """Return the day that a time is of, if that is known."""
    if at is None or precision not in known_to(Precision.DAY):
        return None
    return date_of(at, precision)


def date_of(at: datetime, precision: str) -> date:
    """Return the date as stored, or for an exact time that in the site's time zone."""
    return timezone.localtime(at, None if precision in EXACT else UTC).date()


def day_in_words(day: date, format_name: str = "DATE_FORMAT") -> str:
    return _day_in_words(day, format_name, get_language())


@lru_cache(maxsize=10_000)
def _day_in_words(day: date, format_name: str, language: str | None) -> str:
    """Format a day once: comments of a page share their days, a format costs 30 µs."""
    return date_format(day, format_name)


def describe(
    at: datetime | None,
    precision: str,
    in_words: Callable[..., str] = day_in_words,
) -> str:
    """Return the time in words, such as “23 February 2018” or “date unknown”.

    A day, month or year is shown as stored: it has no time zone to move it into
    another day. Exact times are shown in the site's time zone.
    """
    if at is None or precision == Precision.UNKNOWN:
        return gettext("date unknown")
    if precision in _COARSE_FORMATS:
        return in_words(date_of(at, precision), _COARSE_FORMATS[precision])
    at = at.astimezone(timezone.get_default_timezone())
    return f"{in_words(at.date())}, {at.hour:02}:{at.minute:02}"


def describe_day(at: datetime, precision: str) -> str:
    """Return a known time in words, without the time of day."""
    format_name = _COARSE_FORMATS.get(precision, "DATE_FORMAT")
    return day_in_words(date_of(at, precision), format_name)


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
