"""Stories by year, month and day: each stands where its date is known to be."""

from datetime import UTC, datetime

import pytest

ADDRESSES = [
    "/archive/",
    "/archive/2018/",
    "/archive/2018/02/",
    "/archive/2018/02/23/",
    "/archive/on-this-day/02/23/",
]


def test_archive_counts_the_stories_of_each_year(read, make_story, make_hidden):
    make_story("A", 2018, 2, 23)
    make_story("B", 2018, precision="year")
    make_story("C", 2009, 5, precision="month")
    make_story("D")
    make_hidden()

    page = read("/archive/")

    assert page.texts("names") == ["2018 2 stories 2009 1 story Without a date 1 story"]
    assert page.links("names") == {
        "2018": "/archive/2018/",
        "2009": "/archive/2009/",
        "Without a date": "/archive/undated/",
    }


def test_empty_archive_says_so(read, make_hidden):
    make_hidden()

    assert read("/archive/").texts("empty") == [
        "Nothing has been published here yet. The archive begins with the first story."
    ]


def test_year_counts_months_and_names_stories_of_some_time(
    read, make_story, make_hidden
):
    make_story("A", 2018, 2, 23)
    make_story("B", 2018, 2, precision="month")
    make_story("C", 2018, precision="year")
    make_story("D", 2018, 12, 31)
    make_hidden()

    page = read("/archive/2018/")

    assert page.heading == "2018"
    assert page.links("names") == {
        "February 2018": "/archive/2018/02/",
        "December 2018": "/archive/2018/12/",
    }
    assert page.texts("names")[0].startswith(
        "January 2018 February 2018 2 stories March 2018"
    )
    assert page.texts("front__heading") == ["Some time in 2018"]
    assert page.listing == ["C"]


def test_month_is_a_calendar_with_its_stories(read, make_story, make_hidden):
    make_story("A", 2018, 2, 23, section="City")
    make_story("B", 2018, 2, 23)
    make_story("C", 2018, 2, 1)
    make_story("D", 2018, 2, precision="month")
    make_story("E", 2018, precision="year")
    make_story("F", 2018, 3, 1)
    make_hidden()

    page = read("/archive/2018/02/")

    assert page.heading == "February 2018"
    assert page.links("calendar") == {"1 1": "01/", "23 2": "23/"}
    assert page.texts("front__heading") == [
        "23 February 2018",
        "1 February 2018",
        "Some time in February 2018",
    ]
    assert page.listing == ["B A City", "C", "D"]


def test_calendar_speaks_to_a_screen_reader(read, make_story):
    make_story("A", 2018, 2, 23)

    table = read("/archive/2018/02/").tree.find_class("calendar")[0]

    assert table.findtext("caption") == "Stories of February 2018 by day"
    assert [th.get("scope") for th in table.iter("th")] == ["col"] * 7
    assert [abbr.get("title") for abbr in table.iter("abbr")] == [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ]
    assert [a.get("aria-label") for a in table.iter("a")] == [
        "23 February 2018: 1 story"
    ]


def test_week_starts_as_the_language_has_it(read, make_story, settings):
    settings.FORMAT_MODULE_PATH = []
    settings.LANGUAGE_CODE = "en-us"
    make_story("A", 2018, 2, 23)

    table = read("/archive/2018/02/").tree.find_class("calendar")[0]

    assert next(table.iter("abbr")).get("title") == "Sunday"


def test_month_links_to_the_nearest_months_with_stories(read, make_story):
    for year, month in ((2009, 5), (2018, 2), (2020, 11)):
        make_story("A", year, month, 3)

    assert read("/archive/2018/02/").links("ways") == {
        "May 2009": "/archive/2009/05/",
        "November 2020": "/archive/2020/11/",
    }
    assert read("/archive/2009/").links("ways") == {
        "2018": "/archive/2018/",
        "All stories of 2009": "/articles/?year=2009",
    }
    assert read("/archive/2020/11/03/").links("ways") == {
        "3 February 2018": "/archive/2018/02/03/",
        "This day in other years": "/archive/on-this-day/11/03/",
    }


def test_day_shows_stories_known_to_be_of_it(read, make_story, make_hidden):
    make_story("A", 2018, 2, 1, section="City", author="Ann")
    make_story("B", 2018, 2, precision="month")
    make_story("C", 2018, 2, 2)
    make_hidden()

    page = read("/archive/2018/02/01/")

    assert page.heading == "1 February 2018"
    assert page.headlines == ["A"]
    assert page.texts("teaser__line") == ["By Ann 1 February 2018"]


def test_exact_times_are_of_a_day_in_the_site_s_time_zone(
    read, make_article, make_story, settings
):
    settings.TIME_ZONE = "America/Sao_Paulo"
    late = datetime(2018, 3, 1, 1, 30, tzinfo=UTC)
    make_article(headline="Late", published_at=late, published_precision="minute")
    make_story("Noon", 2018, 2, 28, 12, precision="minute")
    make_story("Day", 2018, 3, 1)

    assert read("/archive/2018/02/").listing == ["Late Noon"]
    assert read("/archive/2018/02/28/").headlines == ["Late", "Noon"]
    assert read("/archive/2018/03/01/").headlines == ["Day"]
    assert read("/archive/on-this-day/02/28/").headlines == ["Late", "Noon"]
    assert read("/archive/on-this-day/03/01/").headlines == ["Day"]


def test_month_names_each_day_once_where_evenings_are_tomorrow(
    read, make_story, settings
):
    settings.TIME_ZONE = "America/New_York"
    make_story("Evening of the 23rd", 2018, 2, 24, 3, precision="minute")
    make_story("The 24th", 2018, 2, 24)
    make_story("Noon of the 23rd", 2018, 2, 23, 17, precision="minute")

    page = read("/archive/2018/02/")

    assert page.texts("front__heading") == ["24 February 2018", "23 February 2018"]
    assert page.listing == ["The 24th", "Evening of the 23rd Noon of the 23rd"]


def test_month_of_unknown_days_has_no_calendar(read, make_story):
    make_story("A", 2018, 2, precision="month")

    page = read("/archive/2018/02/")

    assert page.texts("calendar") == []
    assert page.listing == ["A"]


def test_many_stories_of_some_time_have_a_page_of_their_own(read, make_story):
    for number in range(6):
        make_story(f"M{number}", 2018, 2, precision="month")
        make_story(f"Y{number}", 2018, precision="year")

    year, month = read("/archive/2018/"), read("/archive/2018/02/")

    six = [5, 4, 3, 2, 1, 0]
    assert month.listing == ["M5 M4 M3 M2 M1"]
    assert month.links("pager") == {"All of these stories": "/archive/2018/02/undated/"}
    assert read("/archive/2018/02/undated/").headlines == [f"M{n}" for n in six]
    assert year.listing == ["Y5 Y4 Y3 Y2 Y1"]
    assert year.links("pager") == {"All of these stories": "/archive/2018/undated/"}
    assert read("/archive/2018/undated/").headlines == [f"Y{n}" for n in six]


def test_stories_without_a_date_have_their_place(read, make_story):
    make_story("Secret", status="draft")
    make_story("Dated", 2018, 2, 23)
    make_story("Undated")

    page = read("/archive/undated/")

    assert page.heading == "Without a date"
    assert page.headlines == ["Undated"]
    assert page.texts("teaser__line") == ["date unknown"]


def test_on_this_day_shows_the_day_in_every_year(read, make_story, make_hidden):
    make_story("Older", 1999, 2, 23)
    make_story("Newer", 2018, 2, 23)
    make_story("Next day", 2018, 2, 24)
    make_story("Month", 2018, 2, precision="month")
    make_hidden()

    page = read("/archive/on-this-day/02/23/")

    assert page.heading == "23 February, in all years"
    assert page.headlines == ["Newer", "Older"]
    assert page.links("ways") == {
        "22 February": "/archive/on-this-day/02/22/",
        "24 February": "/archive/on-this-day/02/24/",
    }


def test_first_of_a_month_is_not_the_day_of_stories_of_the_month(read, make_story):
    make_story("Month", 2018, 2, precision="month")
    make_story("Year", 2018, precision="year")

    assert read("/archive/on-this-day/02/01/").headlines == []
    assert read("/archive/on-this-day/01/01/").headlines == []


def test_day_without_stories_in_any_year_says_so(read):
    page = read("/archive/on-this-day/02/29/")

    assert page.texts("empty") == [
        "No story here is of this day. The days before and after it may have some."
    ]


def test_today_leads_to_its_day_and_is_never_kept(client, db):
    response = client.get("/archive/on-this-day/")

    today = datetime.now(UTC)
    assert response.status_code == 302
    assert response["Location"] == f"/archive/on-this-day/{today:%m}/{today:%d}/"
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    "address",
    [
        "/archive/2017/",
        "/archive/2018/01/",
        "/archive/2018/02/22/",
        "/archive/2018/undated/",
        "/archive/2018/02/undated/",
        "/archive/undated/",
        "/archive/2199/",
        "/archive/0000/",
        "/archive/0001/",
        "/archive/9999/",
        "/archive/2018/13/",
        "/archive/2018/00/",
        "/archive/2018/02/30/",
        "/archive/on-this-day/02/30/",
        "/archive/on-this-day/13/01/",
        "/archive/2018/02/?after=x",
        "/archive/2018/2/",
        "/archive/٢٠١٨/",
    ],
)
def test_what_is_of_no_story_answers_404(read, make_story, make_hidden, address):
    make_story("A", 2018, 2, 23)
    make_hidden()

    assert "Secret" not in read(address, status=404).html


@pytest.mark.parametrize("address", ["/archive/2018/", "/archive/2018/02/"])
def test_period_of_hidden_stories_alone_answers_404(read, make_hidden, address):
    make_hidden()

    read(address, status=404)


def test_long_month_goes_on_on_other_pages(read, make_story):
    headlines = [f"S{n:02}" for n in range(60)]
    for number, headline in enumerate(headlines):
        make_story(headline, 2018, 2, 1 + number % 28)

    first = read("/archive/2018/02/")
    second = read(f"/archive/2018/02/{first.next}")

    found = " ".join([*first.listing, *second.listing]).split()
    assert sorted(found) == headlines
    assert second.next is None
    assert second.links("pager") == {"Back to the newest": "/archive/2018/02/"}


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("address", "queries"), [*zip(ADDRESSES, [2, 4, 5, 3, 1], strict=True)]
)
def test_archive_query_count(
    read, make_story, django_assert_num_queries, address, queries, count
):
    for number in range(count):
        make_story(f"A{number}", 2018, 2, 23, author=f"Ann {number}", section="City")
        make_story(f"B{number}", 2018, 2, precision="month")
        make_story(f"C{number}", 2018, precision="year")

    with django_assert_num_queries(queries):
        read(address)
