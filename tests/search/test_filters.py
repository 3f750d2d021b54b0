"""What narrows a search by date: each text is of a day in its own time zone."""

from datetime import UTC, datetime

import pytest
from django.http import QueryDict

from newsroom.search.filters import OF_COMMENT_TEXTS, OF_STORY_TEXTS, SearchFilters
from newsroom.search.offered import Offered

# In Tokyo it is already the 17th, in New York still the 16th; and so on.
TIMES = {
    "eve": (datetime(2012, 5, 16, 16, tzinfo=UTC), "second"),
    "day": (datetime(2012, 5, 17, tzinfo=UTC), "day"),
    "night": (datetime(2012, 5, 17, 3, tzinfo=UTC), "minute"),
    "noon": (datetime(2012, 5, 17, 16, tzinfo=UTC), "second"),
    "next day": (datetime(2012, 5, 18, tzinfo=UTC), "day"),
    "next night": (datetime(2012, 5, 18, 3, tzinfo=UTC), "second"),
}


@pytest.fixture
def dated(make_article, make_comment):
    """Make stories and comments of these times; return the address of each."""
    below = make_article()
    made = {"story": {}, "comment": {}}
    for name, (at, precision) in TIMES.items():
        story = make_article(
            headline="Ferry", published_at=at, published_precision=precision
        )
        comment = make_comment(
            article=below, body="Ferry", posted_at=at, posted_precision=precision
        )
        made["story"][name] = story.get_absolute_url()
        made["comment"][name] = f"{below.get_absolute_url()}#comment-{comment.pk}"
    return made


@pytest.mark.parametrize("kind", ["story", "comment"])
@pytest.mark.parametrize(
    ("zone", "since", "until"),
    [
        ("UTC", ["day", "night", "noon", "next day", "next night"],
         ["eve", "day", "night", "noon"]),
        ("America/New_York", ["day", "noon", "next day", "next night"],
         ["eve", "day", "night", "noon", "next night"]),
        ("Asia/Tokyo", ["eve", "day", "night", "noon", "next day", "next night"],
         ["eve", "day", "night"]),
    ],
)  # fmt: skip
def test_day_is_of_the_site_s_zone_for_times_and_of_none_for_days(
    ask, dated, settings, kind, zone, since, until
):
    settings.TIME_ZONE = zone
    day = "2012-05-17"

    def found(**period):
        hits = ask(q="ferry", kind=kind, **period).hits
        return [name for name, address in dated[kind].items() if address in hits]

    assert found(since=day) == since
    assert found(until=day) == until
    assert found(since=day, until=day) == [name for name in since if name in until]


@pytest.mark.parametrize("is_story", [True, False])
@pytest.mark.parametrize(
    ("zone", "more"), [("UTC", 0), ("Europe/London", 1), ("Asia/Tokyo", 2)]
)
def test_zone_is_asked_about_only_where_it_makes_a_difference(
    settings, is_story, zone, more
):
    settings.TIME_ZONE = zone
    # In London winter begins in between.
    asked = QueryDict("since=2012-05-17&until=2012-12-17")
    filters = SearchFilters(asked, Offered([], [], [], {}))
    assert filters.is_valid()

    ranges = OF_STORY_TEXTS if is_story else OF_COMMENT_TEXTS
    plain = [ranges["since"], ranges["until"]]
    assert filters.in_index(is_story) == plain
    assert filters.of_texts(is_story)[:2] == plain
    assert len(filters.of_texts(is_story)) == 2 + more
