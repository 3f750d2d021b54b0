from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils.dateparse import parse_datetime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles.dates import (
    AnyPeriod,
    Period,
    Precision,
    days_near,
    describe,
    has_precision,
    known_to,
    machine_readable,
)
from articles.models import Article
from articles.prepared import Prepared

NOON = datetime(2018, 2, 23, 12, 5, 9, tzinfo=UTC)
MIDNIGHT = datetime(2018, 2, 23, tzinfo=UTC)
# From the first place of a day to the last.
ZONES = [
    "Pacific/Kiritimati",
    "Asia/Kathmandu",
    "UTC",
    "America/Sao_Paulo",
    "Etc/GMT+12",
]


@pytest.mark.parametrize(
    ("precision", "words", "value"),
    [
        ("second", "23 February 2018, 12:05", "2018-02-23T12:05:09+00:00"),
        ("minute", "23 February 2018, 12:05", "2018-02-23T12:05+00:00"),
        ("day", "23 February 2018", "2018-02-23"),
        ("month", "February 2018", "2018-02"),
        ("year", "2018", "2018"),
        ("unknown", "date unknown", ""),
    ],
)
def test_time_is_told_as_exactly_as_it_is_known(settings, precision, words, value):
    settings.TIME_ZONE = "UTC"

    told = describe(NOON, precision), machine_readable(NOON, precision)

    assert told == (words, value)


@pytest.mark.parametrize("precision", Precision.values)
def test_missing_time_is_told_as_unknown(precision):
    assert describe(None, precision) == "date unknown"
    assert machine_readable(None, precision) == ""


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("precision", "words", "value"),
    [
        ("day", "1 January 2018", "2018-01-01"),
        ("month", "January 2018", "2018-01"),
        ("year", "2018", "2018"),
    ],
)
def test_day_stays_that_day_in_any_time_zone(settings, zone, precision, words, value):
    settings.TIME_ZONE = zone
    new_year = datetime(2018, 1, 1, tzinfo=UTC)

    told = describe(new_year, precision), machine_readable(new_year, precision)

    assert told == (words, value)


def test_day_is_read_in_utc_whatever_zone_it_comes_in():
    in_lisbon_summer = datetime(2018, 7, 1, tzinfo=UTC).astimezone()

    assert describe(in_lisbon_summer, "day") == "1 July 2018"
    assert machine_readable(in_lisbon_summer, "day") == "2018-07-01"


def test_exact_time_is_told_in_the_site_s_time_zone(settings):
    settings.TIME_ZONE = "America/Sao_Paulo"

    told = describe(MIDNIGHT, "second"), machine_readable(MIDNIGHT, "minute")

    assert told == ("22 February 2018, 21:00", "2018-02-22T21:00-03:00")


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    at=st.datetimes(
        min_value=datetime(1000, 1, 2),  # noqa: DTZ001 (the zone is added beside it)
        max_value=datetime(9000, 1, 1),  # noqa: DTZ001 (the zone is added beside it)
        timezones=st.just(UTC),
    ),
    zone=st.sampled_from(ZONES),
)
def test_machine_readable_time_is_the_same_instant(settings, at, zone):
    settings.TIME_ZONE = zone
    whole_second = at.replace(microsecond=0)

    read = parse_datetime(machine_readable(at, "second"))

    # A zone's offset may have had seconds before 1900; HTML has no place for them.
    assert abs(read - whole_second) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("fields", "holds"),
    [
        ({"published_at": None, "published_precision": "unknown"}, True),
        ({"published_at": MIDNIGHT, "published_precision": "day"}, True),
        ({"published_at": MIDNIGHT, "published_precision": "second"}, True),
        ({"published_at": None, "published_precision": "day"}, False),
    ],
    ids=["unknown", "day", "second", "missing"],
)
def test_has_precision_ties_a_time_to_its_precision(make_article, fields, holds):
    story = make_article(status="draft", **fields)

    kept = Article.objects.filter(has_precision("published_at"))

    assert list(kept) == ([story] if holds else [])


@pytest.mark.parametrize(
    ("numbers", "words", "first", "following"),
    [
        ((2018,), "2018", date(2018, 1, 1), date(2019, 1, 1)),
        ((2018, 2), "February 2018", date(2018, 2, 1), date(2018, 3, 1)),
        ((2018, 12), "December 2018", date(2018, 12, 1), date(2019, 1, 1)),
        ((2018, 2, 28), "28 February 2018", date(2018, 2, 28), date(2018, 3, 1)),
        ((2018, 12, 31), "31 December 2018", date(2018, 12, 31), date(2019, 1, 1)),
    ],
)
def test_period_is_told_in_words_and_has_bounds(numbers, words, first, following):
    period = Period(*numbers)

    assert (str(period), period.first, period.following) == (words, first, following)


@pytest.mark.parametrize(
    "numbers", [(0,), (1,), (9999,), (2018, 0), (2018, 13), (2018, 2, 0), (2018, 2, 29)]
)
def test_period_that_there_is_not_is_refused(numbers):
    with pytest.raises(ValueError, match=r"year|month|day"):
        Period(*numbers)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [NOON, MIDNIGHT, datetime(2018, 12, 31, 23, tzinfo=UTC)])
@pytest.mark.parametrize("precision", ["second", "minute", "day", "month", "year"])
def test_story_is_of_the_periods_that_its_date_says(
    settings, make_article, zone, at, precision
):
    settings.TIME_ZONE = zone
    story = make_article(published_at=at, published_precision=precision)
    stories = Article.objects.published()

    for unit in known_from(precision):
        period = Period.of(at, precision, unit)
        around = (period.first - timedelta(days=1), period.following)
        parts = {"year": 1, "month": 2, "day": 3}[unit]
        others = [Period(*(on.year, on.month, on.day)[:parts]) for on in around]

        assert list(stories.in_period(period)) == [story]
        assert stories.dated(unit).counted_by(unit) == {period.first: 1}
        for other, side in zip(others, ("following", "before"), strict=True):
            assert list(stories.in_period(other)) == []
            assert list(getattr(stories, side)(other)) == [story]


@pytest.mark.parametrize("unit", ["day", "month", "year"])
def test_any_period_is_each_one_whose_edges_are_given(settings, make_article, unit):
    story = make_article(published_at=NOON, published_precision="second")
    make_article(published_at=NOON - timedelta(days=400), published_precision="day")
    query = Prepared(Article.objects.published().in_period(AnyPeriod(unit)))

    found = []
    for zone in ZONES:
        settings.TIME_ZONE = zone
        found.append(query(**Period.of(NOON, "second", unit).edges()))

    assert found == [[story]] * len(ZONES)


def known_from(precision):
    """Return the units to which such a date is known."""
    return [unit for unit in ("day", "month", "year") if precision in known_to(unit)]


def test_days_near_a_day_are_of_years_with_and_without_a_leap_day():
    assert days_near(2, 28) == [227, 228, 229, 301]
    assert days_near(2, 29) == [228, 229, 301]
    assert days_near(3, 1) == [228, 229, 301, 302]
    assert days_near(1, 1) == [101, 102, 1231]
