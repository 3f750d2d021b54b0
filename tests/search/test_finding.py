"""What is found, in which order, page by page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.http import QueryDict

from articles.models import Article
from comments.models import Comment
from newsroom.search import expecting, finding
from newsroom.search.filters import SearchFilters
from newsroom.search.finding import Search
from newsroom.search.forms import PlaceField, place_of
from newsroom.search.hits import COMMENT, STORY, Order
from newsroom.search.offered import Offered
from newsroom.search.statements import COMMENTS, STORIES

DAY = datetime(2012, 5, 17, tzinfo=UTC)
QUERY = "'ferry'"


def search(order, query=QUERY, parameters=""):
    filters = SearchFilters(QueryDict(parameters), Offered(["en"], [], [], {}))
    assert filters.is_valid()
    return Search(query, filters, order, filters.form.cleaned_data["kind"])


def all_pages(order, query=QUERY, parameters=""):
    """Return the places of all hits, going from page to page as a reader does."""
    places, after = [], None
    while True:
        found = search(order, query, parameters).page(after)
        assert len(found.hits) <= finding.PAGE_SIZE
        places += [(hit.kind, hit.pk) for hit in found.hits]
        if found.has_more:
            last = found.hits[-1]
        elif found.rest_after:
            order, last = Order.NEWEST, found.rest_after
        else:
            return places
        after = PlaceField().clean(place_of(last))


@pytest.fixture
def texts(make_article, make_comment):
    """Make stories and comments of equal ranks and dates, some of unknown date."""
    stories, comments = [], []
    for number in range(9):
        dated = {"published_at": DAY + timedelta(days=number // 3)}
        undated = {"published_precision": "unknown"}
        story = make_article(headline="Ferry", **(dated if number % 3 else undated))
        stories.append(story)
        for again in range(5):
            dated = {
                "posted_at": DAY + timedelta(days=again // 2),
                "posted_precision": "day",
            }
            comments.append(
                make_comment(
                    article=story,
                    body="ferry " * (1 + again % 2),
                    **(dated if again else {}),
                )
            )
    return by_date(stories, comments)


def by_date(stories, comments):
    unknown = datetime(1, 1, 1, tzinfo=UTC)
    keys = [(story.published_at or unknown, "s", story.pk) for story in stories]
    keys += [(comment.posted_at or unknown, "c", comment.pk) for comment in comments]
    return [(kind, pk) for _, kind, pk in sorted(keys, reverse=True)]


@pytest.fixture
def _few_on_a_page(monkeypatch):
    monkeypatch.setattr(finding, "PAGE_SIZE", 4)


@pytest.fixture(
    params=[
        "sorting",
        "sorting more than is sorted whole",
        "looking",
        "looking, by statistics",
    ]
)
def _common(monkeypatch, request, texts, _few_on_a_page):
    """Let a handful of hits be what thousands are, and take each of the ways."""
    monkeypatch.setattr(finding, "MOST_COUNTED", 10)
    monkeypatch.setattr(expecting, "MARGIN", 1e9 if "sorting" in request.param else 0)
    monkeypatch.setattr(expecting, "LOOK", {STORY: 0, COMMENT: 0})
    monkeypatch.setattr(finding, "NEWEST", 12)
    monkeypatch.setattr(finding, "COUNTED_AMONG", 30)
    monkeypatch.setitem(finding.MOST_RANKED, COMMENTS, 9)
    monkeypatch.setitem(finding.MOST_RANKED, STORIES, 5)
    if request.param == "sorting more than is sorted whole":
        monkeypatch.setattr(finding, "MOST_SORTED", 20)
    if "statistics" in request.param:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE articles_article, comments_comment")


@pytest.mark.usefixtures("_few_on_a_page")
def test_pages_by_date_have_each_hit_once_newest_first_unknown_dates_last(texts):
    assert all_pages(Order.NEWEST) == texts


@pytest.mark.usefixtures("_common")
def test_common_words_by_date_have_each_hit_once_newest_first(texts):
    assert search(Order.NEWEST).page().total is None
    assert all_pages(Order.NEWEST) == texts


@pytest.mark.usefixtures("_few_on_a_page")
def test_best_pages_have_each_hit_once_best_first(texts):
    found = search(Order.BEST).page().every
    ranks = {(hit.kind, hit.pk): hit.rank for hit in found}

    places = all_pages(Order.BEST)

    assert sorted(places) == sorted(texts)
    # Python's sort is stable: of equal ranks the newest comes first.
    assert places == sorted(texts, key=ranks.get, reverse=True)


@pytest.mark.usefixtures("_common")
def test_common_words_best_first_have_each_hit_once(texts):
    places = all_pages(Order.BEST)

    assert len(places) == len(texts)
    assert sorted(places) == sorted(texts)


@pytest.mark.usefixtures("_common")
@pytest.mark.parametrize("kind", ["story", "comment"])
@pytest.mark.parametrize("order", Order)
def test_common_words_of_one_kind_have_each_hit_once(texts, kind, order):
    places = all_pages(order, parameters=f"kind={kind}")

    assert sorted(places) == sorted(place for place in texts if place[0] == kind[0])


@pytest.mark.usefixtures("_common")
@pytest.mark.parametrize("order", Order)
def test_common_words_below_one_story_have_each_hit_once(
    texts, make_article, make_comment, order
):
    story = make_article(headline="Ferry", slug="only")
    comments = [make_comment(article=story, body="ferry") for _ in range(15)]

    places = all_pages(order, parameters="story=only")

    assert sorted(places) == sorted(
        [("s", story.pk), *(("c", comment.pk) for comment in comments)]
    )


@pytest.mark.usefixtures("_common")
@pytest.mark.parametrize("order", Order)
def test_common_words_of_a_period_have_each_hit_of_the_site_s_days_once(
    texts, settings, order
):
    settings.TIME_ZONE = "America/New_York"
    # There a story of midnight is of the day before; a comment knows only its day.
    stories = Article.objects.filter(published_at=DAY + timedelta(days=2))
    comments = Comment.objects.filter(posted_at__gte=DAY + timedelta(days=1))

    places = all_pages(order, parameters="since=2012-05-18&until=2012-05-19")

    assert sorted(places) == sorted(by_date(stories, comments))
    assert len(places) > finding.MOST_COUNTED


@pytest.mark.usefixtures("_few_on_a_page")
@pytest.mark.parametrize("order", Order)
def test_hit_right_after_the_newest_texts_that_are_looked_at_is_found(
    monkeypatch, make_comment, order
):
    monkeypatch.setattr(finding, "MOST_COUNTED", 3)
    monkeypatch.setattr(finding, "NEWEST", 8)
    monkeypatch.setattr(expecting, "MARGIN", 0)
    monkeypatch.setattr(expecting, "LOOK", {STORY: 0, COMMENT: 0})
    others = {2, 4, 6}
    comments = [
        make_comment(
            body="other" if place in others else "ferry",
            posted_at=DAY - timedelta(days=place),
            posted_precision="day",
        )
        for place in range(12)
    ]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE comments_comment")

    places = all_pages(order, parameters="kind=comment")

    hits = [comment.pk for place, comment in enumerate(comments) if place not in others]
    assert sorted(pk for _, pk in places) == hits


def test_page_goes_on_where_it_was_though_its_last_hit_was_hidden(
    monkeypatch, make_comment
):
    monkeypatch.setattr(finding, "PAGE_SIZE", 2)
    comments = [make_comment(body="Ferry") for _ in range(4)]
    first = search(Order.NEWEST).page()
    comments[2].set_status("hidden")
    comments[2].save()

    second = search(Order.NEWEST).page(first.hits[-1])

    assert [hit.pk for hit in first.hits] == [comments[3].pk, comments[2].pk]
    assert [hit.pk for hit in second.hits] == [comments[1].pk, comments[0].pk]


def test_story_about_it_comes_before_comments_that_mention_it(
    make_article, make_comment
):
    make_comment(body="The ferry, the ferry!", language="en")
    about = make_article(headline="The ferry sails")
    make_article(body="<p>Somewhere in it a ferry.</p>")

    first = search(Order.BEST, "'ferri' | 'ferry'").page().hits[0]

    assert (first.kind, first.pk) == ("s", about.pk)


@pytest.mark.django_db(transaction=True)
def test_search_that_takes_too_long_is_stopped(monkeypatch):
    monkeypatch.setitem(finding._PLANNING, "statement_timeout", "20ms")

    with pytest.raises(finding.TooBroad), finding.bounded():
        connection.cursor().execute("SELECT pg_sleep(5)")
