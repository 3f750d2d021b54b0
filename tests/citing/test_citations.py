"""A citation claims no more than is known."""

from datetime import UTC, datetime

import pytest

from articles.models import Author, Byline
from newsroom.archive.models import Record, Source
from newsroom.citing import citations
from newsroom.citing.citations import one_line

URL = "https://archive.example/articles/river/"


@pytest.fixture
def cite(make_article):
    """Return a maker of stories' citations: a story's fields and authors in."""

    def cite(*names, record=None, **fields):
        article = make_article(headline="The river rose", **fields)
        for position, name in enumerate(names, 1):
            author = Author.objects.create(name=name, slug=f"author-{position}")
            Byline.objects.create(article=article, author=author, position=position)
        return citations.of_article(article, record, URL)

    return cite


def _record(**fields):
    return Record(source=Source(**fields))


def test_story_of_our_own_is_cited_with_what_is_known(cite):
    citation = cite("Ida", "Ben", published_at=datetime(2018, 2, 23, 9, tzinfo=UTC))

    assert citation.text == (
        f"Ida, Ben. “The river rose”. Newsroom, 23 February 2018 (set by an editor)."
        f" {URL}"
    )


def test_story_of_another_site_says_where_and_when_it_was_copied(cite):
    record = _record(
        captured_at=datetime(2020, 5, 1, tzinfo=UTC), captured_precision="month"
    )

    citation = cite(
        record=record,
        source_url="https://www.times.example/river",
        published_at=datetime(2018, 2, 1, tzinfo=UTC),
        published_precision="month",
        published_basis="given",
    )

    assert citation.text == (
        "“The river rose”. times.example, February 2018. Kept at Newsroom. Copy of "
        f"https://www.times.example/river, captured May 2020. {URL}"
    )


@pytest.mark.parametrize(
    ("source_url", "captured", "told"),
    [
        ("", None, "Copy captured at an unknown date."),
        (
            "https://times.example/",
            None,
            "Copy of https://times.example/, captured at an unknown date.",
        ),
        ("", datetime(2020, 5, 1, tzinfo=UTC), "Copy captured 1 May 2020."),
    ],
)
def test_capture_is_told_as_far_as_it_is_known(cite, source_url, captured, told):
    precision = "day" if captured else "unknown"
    record = _record(captured_at=captured, captured_precision=precision)

    assert cite(record=record, source_url=source_url).capture_in_words == told


def test_unknown_date_is_no_date(cite):
    citation = cite()

    assert citation.date_parts == []
    assert citation.text == f"“The river rose”. Newsroom, n.d. {URL}"


@pytest.mark.parametrize(
    ("precision", "parts"),
    [
        ("second", [2018, 2, 23]),
        ("day", [2018, 2, 23]),
        ("month", [2018, 2]),
        ("year", [2018]),
    ],
)
def test_date_has_the_parts_that_are_known(cite, precision, parts):
    at = datetime(2018, 2, 23, tzinfo=UTC)

    assert cite(published_at=at, published_precision=precision).date_parts == parts


@pytest.mark.parametrize(
    ("precision", "parts", "words"),
    [
        ("second", [2017, 12, 31], "31 December 2017"),
        ("minute", [2017, 12, 31], "31 December 2017"),
        ("day", [2018, 1, 1], "1 January 2018"),
        ("month", [2018, 1], "January 2018"),
        ("year", [2018], "2018"),
    ],
)
def test_day_is_the_one_that_the_page_shows(cite, settings, precision, parts, words):
    settings.TIME_ZONE = "America/New_York"
    hour = 2 if precision in ("second", "minute") else 0

    citation = cite(
        published_at=datetime(2018, 1, 1, hour, tzinfo=UTC),
        published_precision=precision,
        published_basis="given",
    )

    assert (citation.date_parts, citation.date_in_words) == (parts, words)


def test_comment_without_a_name_is_an_unnamed_readers(make_article, make_comment):
    article = make_article(headline="The river rose")
    comment = make_comment(article=article)

    citation = citations.of_comment(
        comment, None, "https://archive.example/comments/1/"
    )

    assert citation.text == (
        "Unnamed reader. Comment #1 on “The river rose”. Newsroom, n.d."
        " https://archive.example/comments/1/"
    )


@pytest.mark.parametrize("address", ["http://[", "nonsense", "javascript:alert(1)"])
def test_address_that_names_no_site_is_no_publication(cite, address):
    assert cite(source_url=address).container == "Newsroom"


def test_text_becomes_one_clean_line():
    assert one_line(" a\r\nTY  - b\x07\u2028c\x85d ") == "a TY - b c d"
