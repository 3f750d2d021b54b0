"""What the form's fields make of what is written in them."""

import pytest
from django.core.exceptions import ValidationError

from articles.models import Author, Byline, Topic
from newsroom.search.filters import SearchFilters

TOPICS = {
    "fishing": "Fishing",
    "fishing-rights": "Fishing rights",
    "ferries": "Ferries",
    "harbours": "Ferry harbours",
    "rights": "Law",
    "wool": "100% wool",
    "cotton": "60%s cotton",
}


@pytest.fixture
def topics(make_article):
    """File a story under each of these topics, and a draft under two more."""
    made = {slug: Topic.objects.create(slug=slug, name=TOPICS[slug]) for slug in TOPICS}
    make_article().topics.set(made.values())
    make_article(status="draft").topics.set(
        [
            Topic.objects.create(name="Secret law", slug="secret-law"),
            Topic.objects.create(name="Hush", slug="hush"),
        ]
    )
    return made


def clean(text, name="topic"):
    """Return what the field makes of a text, or what it says against it."""
    try:
        return SearchFilters.base_filters[name].field.clean(text)
    except ValidationError as error:
        return error.message


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("ferries", "ferries"),
        ("rights", "rights"),
        ("FISHING", "fishing"),
        ("fishing RIGHTS", "fishing-rights"),
        ("ferry", "harbours"),
        ("law", "rights"),
        ("  la ", "rights"),
        ("100%", "wool"),
        ("60%s", "cotton"),
    ],
)
def test_name_is_found_by_its_address_the_whole_of_it_or_a_part(topics, text, slug):
    assert clean(text) == topics[slug]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("hush", "There is no topic “hush”."),
        ("secret-law", "There is no topic “secret-law”."),
        ("100%_w", "There is no topic “100%_w”."),
        ("_", "There is no topic “_”."),
        (
            "fish",
            "“fish” may mean several topics. Write one of these:"
            " Fishing · Fishing rights",
        ),
        (
            "%",
            "“%” may mean several topics. Write one of these: 100% wool · 60%s cotton",
        ),
        (
            "i",
            "“i” may mean several topics. Write one of these:"
            " Ferries · Fishing · Fishing rights",
        ),
    ],
)
def test_name_that_is_none_or_several_is_refused(topics, text, answer):
    assert clean(text) == answer


def test_no_more_than_five_names_are_offered(make_article):
    story = make_article()
    for letter in "gfedcba":
        story.topics.add(Topic.objects.create(name=f"Part {letter}", slug=letter))

    assert clean("part") == (
        "“part” may mean several topics. Write one of these:"
        " Part a · Part b · Part c · Part d · Part e · …"
    )


def test_those_of_the_same_name_are_told_apart_by_their_addresses(make_article):
    story = make_article()
    for place, (slug, name) in enumerate(
        [("ann", "Ann Lee"), ("ann-2", "Ann Lee"), ("jo", "Joann Lee-Ann Lee")], 1
    ):
        author = Author.objects.create(name=name, slug=slug)
        Byline.objects.create(article=story, author=author, position=place)

    assert clean("ann lee", "author") == (
        "“ann lee” may mean several authors. Write one of these: ann · ann-2"
    )


def test_names_that_differ_in_case_alone_are_told_apart_as_they_are_written(
    make_article,
):
    story = make_article()
    for slug, name in (("php", "PHP"), ("php-2", "php"), ("web", "A site in PHP")):
        story.topics.add(Topic.objects.create(name=name, slug=slug))

    assert [clean(text).slug for text in ("PHP", "php", "php-2")] == [
        "php",
        "php-2",
        "php-2",
    ]
    assert clean("Php") == (
        "“Php” may mean several topics. Write one of these: PHP · php"
    )


def test_names_that_begin_with_it_come_before_those_that_have_it(make_article):
    story = make_article()
    for slug, name in (("a", "Database passwords"), ("b", "WordPress")):
        story.topics.add(Topic.objects.create(name=name, slug=slug))

    assert clean("wor").slug == "b"


@pytest.mark.parametrize("text", ["fishing", "FISHING RIGHTS", "ferry", "r", "none"])
def test_name_costs_three_queries_at_most(topics, django_assert_max_num_queries, text):
    with django_assert_max_num_queries(3):
        clean(text)
