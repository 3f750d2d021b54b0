"""The list of all stories, and those of a section, topic or author."""

import pytest

from articles.models import Author, Section, Topic

KINDS = [("section", "Section"), ("topic", "Topic"), ("author", "Author")]
MODELS = {"section": Section, "topic": Topic, "author": Author}


def _address(kind, name):
    return MODELS[kind].objects.get(name=name).get_absolute_url()


def test_article_list_shows_published_stories_newest_first(
    read, make_story, make_hidden
):
    make_story("Undated")
    make_story("Old", 1999, 5, 1)
    make_story("New", 2020, 5, 1)
    make_hidden()

    assert read("/articles/").headlines == ["New", "Old", "Undated"]


def test_article_list_pages_by_key_and_keeps_its_filters(read, make_story):
    for number in range(45):
        make_story(f"S{number:02}", 2018, section="City" if number % 2 else "World")

    seen, address = [], "/articles/?section=city"
    while address:
        page = read(address)
        seen += page.headlines
        address = page.next and f"/articles/{page.next}"

    assert seen == [f"S{n:02}" for n in range(45) if n % 2][::-1]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("section=city", ["D", "A"]),
        ("topic=rivers", ["B", "A"]),
        ("author=ann", ["C", "A"]),
        ("year=2018", ["B", "A"]),
        ("language=pt", ["C"]),
        ("discussion=on", ["B"]),
        ("section=city&topic=rivers&author=ann&year=2018", ["A"]),
        ("section=city&year=2009", []),
    ],
)
def test_article_list_is_filtered(read, make_story, make_comment, query, shown):
    make_story("A", 2018, 2, 23, section="City", topic="Rivers", author="Ann")
    discussed = make_story("B", 2018, precision="year", topic="Rivers")
    make_story("C", 2009, 5, 1, language="pt", author="Ann")
    make_story("D", section="City")
    make_comment(article=discussed)

    page = read(f"/articles/?{query}")

    assert sorted(page.headlines) == sorted(shown)
    assert len(page.texts("facets")) == 1


def test_facets_say_what_is_chosen_and_can_be_dropped(read, make_story):
    make_story("A", 2018, 2, 23, topic="Rivers", language="pt-BR")

    page = read("/articles/?topic=rivers&year=2018&language=pt-BR")

    assert page.texts("facets") == [
        "Topic: Rivers Remove Topic Year: 2018 Remove Year "
        "Language: Brazilian Portuguese Remove Language"
    ]
    assert page.links("facets") == {
        "Remove Topic": "/articles/?year=2018&language=pt-BR",
        "Remove Year": "/articles/?topic=rivers&language=pt-BR",
        "Remove Language": "/articles/?topic=rivers&year=2018",
    }


def test_filters_offer_what_there_is(read, make_story, make_hidden):
    make_story("A", 2018, 2, 23, section="City", language="pt")
    make_story("B", 2016, 2, 23, language="de")
    make_hidden(section="Secret section", language="fr")

    page = read("/articles/")

    offered = [
        [option.text for option in select.iter("option")]
        for select in page.tree.iter("select")
    ]
    assert offered == [
        ["All sections", "City"],
        ["All years", "2018", "2017", "2016"],
        ["All languages", "German", "Portuguese"],
    ]


def test_sections_too_many_to_choose_from_are_kept_not_offered(read, make_story):
    for number in range(201):
        make_story(f"S{number}", section=f"Section {number}")

    page = read("/articles/?section=section-7")

    offered = [select.get("name") for select in page.tree.iter("select")]
    kept = page.tree.xpath("//input[@type='hidden']")
    assert offered == ["year", "language"]
    assert [(field.get("name"), field.get("value")) for field in kept] == [
        ("section", "section-7")
    ]
    assert page.headlines == ["S7"]


def test_filters_nothing_meets_help(read, make_story):
    make_story("A", 2018, 2, 23)

    page = read("/articles/?year=2018&discussion=on")

    assert page.texts("empty") == [
        "No story is all of this. Remove one of the conditions above, and there may "
        "be some."
    ]


def test_what_a_form_leaves_open_is_not_part_of_the_address(client, make_story):
    make_story("A", 2018, 2, 23)

    some = client.get("/articles/?section=&year=2018&language=")
    none = client.get("/articles/?section=&year=")

    assert (some.status_code, some["Location"]) == (302, "/articles/?year=2018")
    assert (none.status_code, none["Location"]) == (302, "/articles/")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("section=nowhere", "Section There is no such section."),
        ("section=secret-section", "Section There is no such section."),
        ("topic=secret-topic", "Topic There is no such topic."),
        ("topic=a%00b", "Topic There is no such topic."),
        ("author=%ff", "Author There is no such author."),
        ("year=2199", "Year There are no stories of such a year."),
        ("year=abc", "Year There are no stories of such a year."),
        ("language=fr", "Language There are no stories in it."),
        ("language=%00", "Language There are no stories in it."),
    ],
)
def test_filters_of_what_is_not_here_say_so(
    read, make_story, make_hidden, query, words
):
    make_hidden(section="Secret section", topic="Secret topic", language="fr")
    make_story("A", 2018, 2, 23)

    page = read(f"/articles/?{query}", status=404)

    name = words.split()[0]
    assert page.texts("facets") == [f"{words} Remove {name}"]
    assert page.links("facets") == {f"Remove {name}": "/articles/"}
    assert page.headlines == []


@pytest.mark.parametrize("value", ["0", "x", "99999999999999999999", "1%00"])
@pytest.mark.parametrize("path", ["/articles/", "/topics/", "/sections/"])
def test_lists_refuse_a_key_that_is_none(read, path, value):
    read(f"{path}?after={value}", status=404)


@pytest.mark.parametrize("path", ["/", "/articles/", "/topics/rivers/"])
def test_page_after_what_is_not_on_the_list_answers_404(read, make_story, path):
    last = make_story("Older", 1999, 1, 1, topic="Rivers")
    first = make_story("Newer", 2020, 1, 1, topic="Rivers")
    draft = make_story("Secret", 2010, 1, 1, topic="Rivers", status="draft")

    assert read(f"{path}?after={first.pk}").headlines == ["Older"]
    for key in (draft.pk, last.pk, last.pk + 1000):
        assert "Older" not in read(f"{path}?after={key}", status=404).html


@pytest.mark.parametrize(("kind", "word"), KINDS)
def test_page_after_a_hidden_name_answers_404(
    read, make_story, make_hidden, kind, word
):
    make_story("A", **{kind: "Abbeys"})
    make_story("B", **{kind: "Rivers"})
    make_hidden(**{kind: "Bridges"})
    keys = {name.name: name.pk for name in MODELS[kind].objects.all()}

    assert read(f"/{kind}s/?after={keys['Abbeys']}").texts("names") == [
        "Rivers 1 story"
    ]
    for name in ("Bridges", "Rivers"):
        read(f"/{kind}s/?after={keys[name]}", status=404)


@pytest.mark.parametrize(("kind", "word"), KINDS)
def test_name_has_a_page_of_its_stories(read, make_story, make_hidden, kind, word):
    make_story("Old", 1999, 5, 1, **{kind: "Rivers"})
    make_story("New", 2020, 5, 1, **{kind: "Rivers"})
    make_story("Other", 2020, 5, 1, **{kind: "Bridges"})
    make_hidden(**{kind: "Rivers"})
    page = read(_address(kind, "Rivers"))

    assert page.heading == "Rivers"
    assert page.headlines == ["New", "Old"]
    assert page.links("ways") == {
        "Narrow down by year or language": f"/articles/?{kind}=rivers"
    }
    assert page.texts("kicker")[0] == word


@pytest.mark.parametrize(("kind", "word"), KINDS)
def test_name_without_public_stories_answers_404(read, make_hidden, kind, word):
    make_hidden(**{kind: "Secret name"})

    address = _address(kind, "Secret name")
    for query in ("", "?after=1"):
        assert "Secret" not in read(f"{address}{query}", status=404).html
    assert "Secret" not in read(f"/{kind}s/").html


@pytest.mark.parametrize(("kind", "word"), KINDS)
def test_names_are_listed_with_their_number_of_stories(
    read, make_story, make_hidden, kind, word
):
    for headline, name in (("A", "Rivers"), ("B", "Rivers"), ("C", "Äpfel")):
        make_story(headline, **{kind: name})
    make_hidden(**{kind: "Rivers"})

    page = read(f"/{kind}s/")

    assert page.texts("names") == ["Äpfel 1 story Rivers 2 stories"]
    assert page.links("names")["Rivers"] == _address(kind, "Rivers")
    assert page.links("ways") == {
        "Sections": "/sections/",
        "Topics": "/topics/",
        "Authors": "/authors/",
    }


def test_sections_stand_in_the_order_of_editors(read, make_story):
    make_story("A", section="City")
    make_story("B", section="World")
    Section.objects.filter(name="City").update(position=2)

    assert read("/sections/").texts("names") == ["World 1 story City 1 story"]


def test_many_topics_stand_below_their_letters(read, make_article):
    story = make_article()
    names = [f"{letter}{number:02}" for letter in "äbc" for number in range(99)]
    topics = [Topic(name=name, slug=f"t-{n}") for n, name in enumerate(names)]
    story.topics.set(Topic.objects.bulk_create(topics))

    first = read("/topics/")
    second = read(f"/topics/{first.next}")
    letter = read("/topics/?letter=b")

    found = [[*page.links("names")] for page in (first, second, letter)]
    assert found == [names[:200], names[200:], names[99:198]]
    assert first.texts("front__heading") == ["A", "B", "C"]
    assert letter.texts("front__heading") == ["B"]
    assert [*letter.links("ways")][3:] == ["A", "B", "C"]
    assert second.links("pager") == {"First topics": "/topics/"}


@pytest.mark.parametrize("letter", ["%00", "ab"])
def test_letter_that_is_none_answers_404(read, letter):
    read(f"/topics/?letter={letter}", status=404)


@pytest.mark.parametrize("letter", ["q", "%25", "_", "ß"])
def test_letter_without_names_says_so(read, make_story, letter):
    make_story("A", topic="Rivers")

    page = read(f"/topics/?letter={letter}")

    assert page.texts("empty") == ["No topic starts with this letter."]


@pytest.mark.parametrize("kind", ["section", "topic", "author"])
def test_empty_lists_of_names_say_so(read, kind):
    assert len(read(f"/{kind}s/").texts("empty")) == 1


def test_author_s_biography_is_shown_as_text(read, make_story):
    make_story("A", author="Ann")
    Author.objects.update(biography="Writes about <b>rivers</b>.\nLives in Lisbon.")

    page = read(_address("author", "Ann"))

    assert page.texts("list__text") == ["Writes about <b>rivers</b>.Lives in Lisbon."]


def test_teaser_links_to_what_the_story_is_filed_under(read, make_story, make_comment):
    story = make_story("A", 2018, 2, 23, section="City", author="Ann")
    make_comment(article=story)

    page = read("/articles/")

    assert page.links("teaser") == {
        "City": _address("section", "City"),
        "A": story.get_absolute_url(),
        "Ann": _address("author", "Ann"),
        "1 comment: A": f"{story.get_absolute_url()}#discussion",
    }


def test_long_standfirst_ends_at_a_word(read, make_story):
    make_story("A", standfirst="The river rose " * 20)

    (standfirst,) = read("/articles/").tree.find_class("teaser__standfirst")

    assert standfirst.text == "The river rose " * 10 + "The river …"


@pytest.mark.parametrize(
    ("language", "way"), [("ar", "rtl"), ("pt", "ltr"), ("tlh", "auto")]
)
def test_entries_say_their_language_and_run_its_way(read, make_story, language, way):
    make_story("نهر يفيض", language=language)

    (teaser,) = read("/articles/").tree.find_class("teaser")
    (headline,) = teaser.find_class("teaser__headline")

    assert (teaser.get("lang"), teaser.get("dir")) == (language, way)
    assert headline.get("dir") is None  # Else the entry would not find its way by it.


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/articles/", 4),
        ("/articles/?section=city&discussion=on&year=2018", 4),
        ("/articles/?section=city&topic=rivers&author=ann", 6),
        ("/sections/", 2),
        ("/topics/", 3),
        ("/authors/", 3),
        ("section", 2),
        ("topic", 2),
        ("author", 2),
    ],
)
def test_list_query_count(
    read, make_story, make_comment, django_assert_num_queries, address, queries, count
):
    for number in range(count):
        story = make_story(
            f"S{number}", 2018, 2, 23, section="City", topic="Rivers", author="Ann"
        )
        make_story(
            f"T{number}", section=f"S{number}", topic=f"T{number}", author=f"A{number}"
        )
        make_comment(article=story)
    names = {"section": "City", "topic": "Rivers", "author": "Ann"}
    if address in names:
        address = _address(address, names[address])

    with django_assert_num_queries(queries):
        read(address)


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_lists_cannot_be_written_to(client, make_story, method):
    make_story("A", 2018, 2, 23, section="City")

    for address in (
        "/articles/",
        "/sections/",
        "/topics/",
        "/authors/",
        _address("section", "City"),
        "/archive/",
        "/archive/2018/",
        "/archive/2018/02/",
        "/archive/2018/02/23/",
        "/archive/on-this-day/",
        "/archive/on-this-day/02/23/",
    ):
        assert getattr(client, method)(address).status_code == 405
