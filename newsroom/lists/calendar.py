"""A month as a table of weeks."""

from calendar import Calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import get_format
from django.utils.translation import ngettext

from articles.dates import Period, day_in_words
from articles.models import Article


@dataclass(frozen=True)
class Day:
    """A day of the table, and how many stories are of it."""

    on: date
    count: int

    @property
    def number(self) -> str:
        return str(self.on.day)

    @property
    def place(self) -> str:
        """Its address, as seen from that of the month."""
        return f"{self.on.day:02}/"

    @property
    def label(self) -> str:
        words = ngettext(
            "%(day)s: %(count)d story", "%(day)s: %(count)d stories", self.count
        )
        return words % {"day": day_in_words(self.on), "count": self.count}


def weeks(month: Period, counts: dict[date, int]) -> list[list[Day | None]]:
    """Return the weeks of a month, with None for days of other months."""
    weeks = _calendar().monthdatescalendar(month.year, month.month)
    return [
        [Day(on, counts.get(on, 0)) if on.month == month.month else None for on in week]
        for week in weeks
    ]


def days(stories: Iterable[Article]) -> list[tuple[Day, list[Article]]]:
    """Return stories that are known to the day by their days, the latest first."""
    # West of Greenwich an evening is listed after the next day, which has no time.
    stories = sorted(stories, key=attrgetter("published_on"), reverse=True)
    groups = groupby(stories, attrgetter("published_on"))
    found = [(on, list(of_day)) for on, of_day in groups]
    return [(Day(on, len(of_day)), of_day) for on, of_day in found]


def weekdays() -> list[dict[str, str]]:
    """Return the names of weekdays, short and in full, in the site's order."""
    return [
        {"short": WEEKDAYS_ABBR[day], "full": WEEKDAYS[day]}
        for day in _calendar().iterweekdays()
    ]


def _calendar() -> Calendar:
    # Formats count the days of a week from Sunday, the calendar from Monday.
    return Calendar((get_format("FIRST_DAY_OF_WEEK") - 1) % 7)
