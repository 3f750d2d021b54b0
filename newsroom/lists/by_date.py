"""The archive: stories by year, month and day, and what is known no better.

A story stands where its date is known to be: one of “February 2018” has no day, and is
of no day. What is of no story answers 404, so nobody wanders off into empty years; only
a day of any year may be empty.
"""

from datetime import date, timedelta
from functools import cache

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from articles.choices import Precision
from articles.dates import AnyPeriod, Period
from articles.models import Article
from articles.prepared import Prepared
from newsroom.lists import calendar
from newsroom.lists.pages import page_of_stories, page_of_titles, titles

STORIES_ON_MONTH_PAGE = 40
# Of those known only to the year or month; the rest have a page of their own.
STORIES_OF_SOME_TIME = 5
# Has a 29 February.
LEAP_YEAR = 2000


@require_safe
def archive(request):
    """Show the years, and how many stories each has."""
    published = Article.objects.published()
    counts = published.dated(Precision.YEAR).counted_by("year")
    return render(
        request,
        "lists/archive.html",
        {
            "years": [(Period(on.year), counts[on]) for on in sorted(counts)[::-1]],
            "undated_count": published.undated().count(),
        },
    )


@require_safe
def archive_year(request, year):
    """Show the months of a year, and the stories known only to be of this year."""
    period = _period_or_404(year)
    stories = Article.objects.published().in_period(period)
    counts = stories.dated(Precision.MONTH).counted_by("month")
    some_time = _some_time(period)
    if not counts and not some_time:
        raise Http404(f"No story is of {year}.")
    months = [Period(period.year, month) for month in range(1, 13)]
    return render(
        request,
        "lists/archive_year.html",
        {
            "period": period,
            "months": [(month, counts.get(month.first, 0)) for month in months],
            "some_time": some_time,
            "nearest": _nearest(period),
        },
    )


@require_safe
def archive_month(request, year, month):
    """Show a month as a calendar, and its stories, those of unknown days last."""
    period = _period_or_404(year, month)
    counts = _counted_by_day(period)
    some_time = _some_time(period)
    if not counts and not some_time:
        raise Http404(f"No story is of {year}-{month}.")
    dated = Article.objects.published().in_period(period).dated(Precision.DAY)
    page = page_of_titles(request, dated, STORIES_ON_MONTH_PAGE)
    return render(
        request,
        "lists/archive_month.html",
        {
            "period": period,
            "weekdays": calendar.weekdays(),
            "weeks": calendar.weeks(period, counts) if counts else [],
            "page": page,
            "days": calendar.days(page.items),
            "some_time": some_time,
            "nearest": _nearest(period),
        },
    )


@require_safe
def archive_day(request, year, month, day):
    """Show the stories of a day."""
    period = _period_or_404(year, month, day)
    stories = Article.objects.published().in_period(period)
    page = page_of_stories(request, stories)
    if not page.items:
        raise Http404(f"No story is of {year}-{month}-{day}.")
    context = {"period": period, "page": page, "nearest": _nearest(period)}
    return render(request, "lists/archive_day.html", context)


@require_safe
def archive_undated(request, year=None, month=None):
    """Show the stories without a date, or those known only to be of a year or month."""
    published = Article.objects.published()
    if year is None:
        period, stories = None, published.undated()
    else:
        period = _period_or_404(year, month)
        stories = published.in_period(period).dated_only_to(period.precision)
    page = page_of_stories(request, stories)
    if not page.items:
        raise Http404("Every story has its date.")
    context = {"period": period, "page": page}
    return render(request, "lists/archive_undated.html", context)


# Depends on the clock: where it leads changes at midnight, so nobody keeps it.
@never_cache
@require_safe
def today(request):
    """Lead to the stories of this day in whatever year."""
    on = timezone.localdate()
    return redirect("on-this-day", on.month, on.day)


@require_safe
def on_this_day(request, month, day):
    """Show the stories of this day of the calendar, in whatever year."""
    try:
        on = date(LEAP_YEAR, month, day)
    except ValueError as error:
        raise Http404(str(error)) from error
    stories = Article.objects.published().on_day_of_any_year(on.month, on.day)
    one_day = timedelta(days=1)
    return render(
        request,
        "lists/on_this_day.html",
        {
            "on": on,
            "page": page_of_stories(request, stories),
            "day_before": on - one_day,
            "day_after": on + one_day,
        },
    )


def _period_or_404(*numbers):
    try:
        return Period(*numbers)
    except ValueError as error:
        raise Http404(str(error)) from error


def _counted_by_day(month):
    query = _days_counted(timezone.get_current_timezone())
    return dict(query(**month.edges()))


@cache
def _days_counted(_zone):
    stories = Article.objects.published().in_period(AnyPeriod(Precision.MONTH))
    return Prepared(stories.dated(Precision.DAY).counts_by("day"))


def _some_time(period):
    """Return a few stories known no better than to this year or month; one too many."""
    return _known_only_to(period.precision)(**period.edges())


@cache
def _known_only_to(unit):
    stories = Article.objects.published().in_period(AnyPeriod(unit))
    stories = stories.dated_only_to(unit).newest_first()
    return Prepared(titles(stories)[: STORIES_OF_SOME_TIME + 1])


def _nearest(period):
    """Return the years, months or days before and after this one that have stories."""
    nearest = {}
    for side, query in _neighbours(period.precision).items():
        found = query(**period.edges())
        nearest[side] = Period.of(*found[0], period.precision) if found else None
    return nearest


@cache
def _neighbours(unit):
    dated, period = Article.objects.published().dated(unit), AnyPeriod(unit)
    found = {
        "earlier": dated.before(period).newest_first(),
        "later": dated.following(period).oldest_first(),
    }
    columns = ("published_at", "published_precision")
    return {
        side: Prepared(stories.values_list(*columns)[:1])
        for side, stories in found.items()
    }
