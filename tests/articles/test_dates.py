from datetime import UTC, datetime, timedelta

import pytest
from django.utils.dateparse import parse_datetime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles.dates import Precision, describe, has_precision, machine_readable
from articles.models import Article

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
