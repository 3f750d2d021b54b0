"""The search page: what it finds, and what it must never find."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from django.db import connection

from articles.models import Author, Byline, Section, Topic
from comments.models import CommentKind, CommentStatus
from newsroom.archive.importing import import_file
from newsroom.archive.models import Source
from newsroom.search import finding

DAY = datetime(2012, 5, 17, tzinfo=UTC)


def story_address(story):
    return story.get_absolute_url()


def comment_address(comment):
    story = comment.discussion.article
    return f"{story.get_absolute_url()}#comment-{comment.pk}"


class Form(HTMLParser):
    """The values of a page's fields as a browser would send them, and what is wrong."""

    def __init__(self, html):
        super().__init__()
        self.values, self.refused, self.select = {}, [], None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "select":
            self.select = given["name"]
        elif tag == "option" and "selected" in given:
            self.values[self.select] = given["value"]
        elif tag == "input" and (given["type"] != "checkbox" or "checked" in given):
            self.values[given["name"]] = given.get("value", "on")
        if "aria-invalid" in given:
            self.refused.append(given["name"])


def test_stories_and_comments_are_one_list(ask, make_article, make_comment):
    story = make_article(headline="The ferry sails", published_at=DAY)
    comment = make_comment(
        body="I took the ferry.",
        language="en",
        posted_at=DAY + timedelta(1),
        posted_precision="day",
    )
    make_article(headline="The train")

    answer = ask(q="ferries", order="newest")

    assert answer.hits == [comment_address(comment), story_address(story)]
    assert answer.count == "2 hits"


def test_form_alone_asks_nothing_and_explains_itself(ask, make_article):
    make_article(headline="The ferry")

    answer = ask("?")

    assert (answer.status, answer.hits, answer.count) == (200, [], "")
    assert "finds these words next to each other" in answer.of("search__help")
    assert "noindex" not in answer.html


def test_page_of_hits_is_public_for_a_minute_and_not_for_indexes(client, make_article):
    make_article(headline="The ferry")

    response = client.get("/search/?q=ferry")

    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert '<meta name="robots" content="noindex">' in response.content.decode()


def test_hit_says_where_it_stands(ask, make_article, make_comment):
    section = Section.objects.create(name="Harbour news", slug="harbour")
    story = make_article(headline="A story", section=section)
    parent = make_comment(article=story, author_name="Ann", body="First.")
    make_comment(
        parent=parent,
        author_name="Bea",
        body="The ferry is late.",
        posted_at=DAY,
        posted_precision="day",
    )

    answer = ask(q="ferry")

    assert answer.of("hits__heading") == "Comment #2 Bea, in reply to #1 Ann"
    assert answer.of("hits__snippet") == "The ferry is late."
    assert answer.of("teaser__line") == "A story Harbour news 17 May 2012"


def test_whom_a_hidden_parent_hides_is_not_said(ask, make_comment):
    parent = make_comment(author_name="Ann", body="First.", status="hidden")
    make_comment(parent=parent, author_name="Bea", body="The ferry is late.")

    answer = ask(q="ferry")

    assert answer.of("hits__heading") == (
        "Comment #2 Bea, in reply to a comment that is not shown"
    )
    assert "Ann" not in answer.html


def test_word_is_found_by_the_stems_of_each_text_s_language(
    ask, make_article, make_comment
):
    english = make_article(headline="They were running", language="en-GB")
    german = make_article(headline="Viele Häuser", language="de")
    portuguese = make_comment(body="Foram caminhando.", language="pt-BR")

    assert ask(q="runs").hits == [story_address(english)]
    assert ask(q="haus").hits == [story_address(german)]
    assert ask(q="caminhamos").hits == [comment_address(portuguese)]


def test_name_is_found_as_it_is_written_in_any_language(ask, make_article):
    name = make_article(headline="Der Herr Bridges", language="de")
    make_article(headline="Eine andere Brücke", language="de")

    assert ask(q="Bridges").hits == [story_address(name)]


def test_stop_words_alone_are_found(ask, make_article):
    band = make_article(headline="The Who")
    make_article(headline="Somebody else")

    assert ask(q="the who").hits == [story_address(band)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ferry harbour", ["both", "apart"]),
        ('"ferry harbour"', ["both"]),
        ("“ferry harbour”", ["both"]),
        ("ferry -harbours", ["ferry"]),
        ("harbour or train -ferries", ["harbour", "train", "both", "apart"]),
        ('ferry -"ferry harbour"', ["ferry", "apart"]),
    ],
)
def test_quotes_or_and_minus_mean_what_they_say(ask, make_article, words, found):
    for slug, headline in {
        "ferry": "A ferry",
        "harbour": "A harbour",
        "both": "The ferry harbour",
        "apart": "The ferry left the harbour",
        "train": "A train",
    }.items():
        make_article(slug=slug, headline=headline)

    hits = ask(q=words).hits

    assert sorted(hits) == sorted(f"/articles/{slug}/" for slug in found)


def test_minus_leaves_out_in_texts_of_every_language(ask, make_article):
    make_article(headline="Ferry and tunnels", language="de")
    make_article(headline="Ferry and tunnels", language="en")
    make_article(headline="Ferry and tunnels", language="")
    without = make_article(headline="Ferry", language="de")

    assert ask(q="ferry -tunnels").hits == [story_address(without)]


@pytest.mark.parametrize("status", sorted({*CommentStatus} - {CommentStatus.PUBLIC}))
def test_comment_that_is_not_public_is_never_found(ask, make_comment, status):
    make_comment(body="The ferry is secret.", status=status, language="cy")

    answer = ask(q="ferry")

    assert (answer.count, answer.hits) == ("Nothing found", [])
    assert "secret" not in answer.html
    assert 'value="cy"' not in answer.html


@pytest.mark.parametrize("kind", sorted({*CommentKind} - {CommentKind.COMMENT}))
def test_what_is_no_comment_is_never_found(ask, make_comment, kind):
    make_comment(body="The ferry is secret.", kind=kind)

    answer = ask(q="ferry")

    assert (answer.count, answer.hits) == ("Nothing found", [])
    assert "secret" not in answer.html


@pytest.mark.parametrize(
    "state",
    [
        {"status": "draft"},
        {"status": "withdrawn"},
        {"published_at": datetime(2999, 1, 1, tzinfo=UTC)},
    ],
    ids=["draft", "withdrawn", "scheduled"],
)
def test_story_that_is_not_out_is_never_found_nor_its_comments(
    ask, make_article, make_comment, state
):
    section = Section.objects.create(name="Hush", slug="hush")
    story = make_article(
        headline="A secret ferry", section=section, language="cy", **state
    )
    story.topics.add(Topic.objects.create(name="Mergers", slug="mergers"))
    author = Author.objects.create(name="Ann", slug="ann")
    Byline.objects.create(article=story, author=author)
    make_comment(article=story, body="A secret ferry, too.", language="cy")

    answer = ask(q="ferry")

    assert (answer.count, answer.hits) == ("Nothing found", [])
    assert "secret" not in answer.html
    assert "Hush" not in answer.html
    assert 'value="cy"' not in answer.html
    assert "There is no topic “mergers”" in ask(q="ferry", topic="mergers").html
    assert "Nobody called “ann”" in ask(q="ferry", author="ann").html
    assert ask(q="ferry", story=story.slug).status == 400


def test_hidden_words_correct_no_spelling(ask, make_article, make_comment):
    make_comment(body="harbour", status="hidden")
    make_article(headline="harbour", status="draft")

    answer = ask(q="habour")

    assert answer.links_in("search__help") == {}


def test_snippet_shows_text_as_text(ask, make_article, make_comment):
    make_comment(
        body='<script>alert("x")</script> ferry <mark>&amp; "more"</mark> \ue000x\ue001'
    )
    make_article(
        headline="<b>Ferry</b> & co",
        body='<p>A <em>fer</em>ry <a href="/?x>">goes</a> &lt;i&gt;</p>',
    )

    html = ask(q="ferry").html

    assert (
        "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; <mark>ferry</mark>"
        " &lt;mark&gt;&amp;amp; &quot;more&quot;&lt;/mark&gt; x" in html
    )
    assert "&lt;b&gt;<mark>Ferry</mark>&lt;/b&gt; &amp; co" in html
    assert "A <mark>ferry</mark> goes &lt;i&gt;" in html
    assert "<script>" not in html


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        ("boats", "<mark>boat</mark>"),
        ("RDF", "<mark>RDF</mark>"),
        ("xml", "<mark>XML</mark>"),
        ("RDF/XML", "<mark>RDF</mark>/<mark>XML</mark>"),
        ("quay.example/2018", "<mark>quay.example</mark>/<mark>2018</mark>"),
    ],
)
def test_words_beside_a_slash_are_found(ask, make_comment, words, marked):
    text = "Ferry/boat, RDF/XML, https://quay.example/2018/mole.html."
    make_comment(body=text, language="en")

    answer = ask(q=words)

    assert answer.of("hits__snippet") == text
    assert marked in answer.html


def test_headline_with_a_slash_is_shown_as_it_is(ask, make_article):
    make_article(headline="Ferry/boat traffic", body="<p>No more.</p>")

    assert "<mark>Ferry</mark>/boat traffic" in ask(q="ferry").html


@pytest.mark.parametrize("word", ["p", "em", "br"])
def test_tags_are_no_words(ask, make_article, make_comment, word):
    make_article(
        body="<p>One <em>or</em>/<em>two</em></p>", standfirst="", headline="…"
    )
    make_comment(body="One<br/>two <br />")

    assert ask(q=word).count == "Nothing found"


def test_snippet_is_around_the_hit_in_a_long_text(ask, make_article):
    filler = " ".join(f"word{number}" for number in range(3000))
    make_article(headline="A story", body=f"<p>{filler}</p><p>One ferry.</p>")

    snippet = ask(q="ferries").of("hits__snippet")

    assert snippet.endswith("word2999 One ferry")
    assert len(snippet) < 600


def test_words_that_a_language_passes_over_are_marked_too(ask, make_comment):
    make_comment(body="I like the who, mostly.", language="en")

    assert "<mark>the</mark> <mark>who</mark>" in ask(q="the who").html


@pytest.fixture
def archive(make_article, make_comment):
    """Make two stories that differ in everything, each with a comment and a reply."""
    made = {}
    for name, day, language in (
        ("North", datetime(2012, 5, 17, tzinfo=UTC), "en-GB"),
        ("South", datetime(2013, 6, 18, tzinfo=UTC), "de"),
    ):
        slug = name.lower()
        story = make_article(
            headline=f"Ferry {name}",
            slug=f"ferry-{slug}",
            section=Section.objects.create(name=f"{name} section", slug=slug),
            published_at=day,
            language=language,
        )
        story.topics.add(Topic.objects.create(name=f"{name} topic", slug=slug))
        author = Author.objects.create(name=f"{name} writer", slug=slug)
        Byline.objects.create(article=story, author=author)
        dated = {"posted_at": day, "posted_precision": "day", "language": language}
        comment = make_comment(article=story, body="Ferry!", **dated)
        reply = make_comment(parent=comment, body="Ferry?", **dated)
        made |= {slug: story, f"{slug} comment": comment, f"{slug} reply": reply}
    return {
        name: text.get_absolute_url()
        if name in ("north", "south")
        else comment_address(text)
        for name, text in made.items()
    }


NORTH = ["north", "north comment", "north reply"]
SOUTH = ["south", "south comment", "south reply"]


@pytest.mark.parametrize(
    ("facets", "found"),
    [
        ({}, NORTH + SOUTH),
        ({"kind": "story"}, ["north", "south"]),
        ({"kind": "comment", "section": "south"}, SOUTH[1:]),
        ({"section": "north"}, NORTH),
        ({"topic": "north"}, NORTH),
        ({"topic": "South Topic"}, SOUTH),
        ({"author": "south"}, SOUTH),
        ({"author": "north writer"}, NORTH),
        ({"story": "ferry-south"}, SOUTH),
        ({"language": "en"}, NORTH),
        ({"language": "de"}, SOUTH),
        ({"since": "2013"}, SOUTH),
        ({"until": "2012"}, NORTH),
        ({"since": "2012-05", "until": "2012-05"}, NORTH),
        ({"since": "2012-05-17", "until": "2012-05-17"}, NORTH),
        ({"since": "2012-05-18", "until": "2013-06-17"}, []),
        ({"replies": "on"}, ["north", "north comment", "south", "south comment"]),
        ({"section": "north", "topic": "south"}, []),
    ],
    ids=str,
)
@pytest.mark.parametrize("order", ["best", "newest"])
def test_facets_narrow_the_hits(ask, archive, facets, found, order):
    answer = ask(q="ferry", order=order, **facets)

    assert sorted(answer.hits) == sorted(archive[name] for name in found)


def test_dates_that_are_not_known_are_in_no_period(ask, make_article):
    make_article(headline="Ferry")

    assert ask(q="ferry", until="2030").hits == []
    answer = ask(q="ferry", since="0002")
    assert (answer.status, answer.hits) == (200, [])


@pytest.mark.parametrize("most_named", [0, 1500])
def test_source_narrows_to_what_a_file_gave(
    ask, make_article, settings, monkeypatch, most_named
):
    monkeypatch.setattr(finding, "MOST_NAMED", most_named)
    import_file(settings.BASE_DIR / "newsroom/archive/sample/xiaomi-microsoft.jsonl")
    make_article(headline="Microsoft again")
    source = Source.objects.get()

    every, narrowed = ask(q="microsoft"), ask(q="microsoft", source=source.pk)
    in_time = ask(q="microsoft", source=source.pk, order="newest", since="2018")
    on_topic = ask(q="microsoft", source=source.pk, topic="xiaomi")

    assert int(narrowed.count.split()[0]) == int(every.count.split()[0]) - 1
    assert "/articles/story-1/" not in narrowed.hits
    assert in_time.hits == narrowed.hits[:1]
    assert on_topic.count == narrowed.count


def test_form_keeps_what_was_asked(ask, archive):
    html = ask(q='"ferry"', order="newest", section="north", since="2", replies="").html

    assert 'name="q" id="id_q" value="&quot;ferry&quot;"' in html
    assert '<option value="newest" selected>' in html
    assert '<option value="north" selected>' in html
    assert 'name="since" value="2" aria-invalid="true"' in html
    assert 'id="id_replies">' in html
    assert 'id="id_replies" checked>' in ask(q="ferry", replies="on").html


def test_form_keeps_all_that_was_asked_when_a_field_is_refused(
    client, archive, settings
):
    import_file(settings.BASE_DIR / "newsroom/archive/sample/xiaomi-microsoft.jsonl")
    asked = {
        "q": '"ferry" & <b>',
        "kind": "comment",
        "order": "newest",
        "section": "north",
        "topic": "topic",
        "author": "north writer",
        "since": "2012-13",
        "until": "2013",
        "language": "de",
        "source": str(Source.objects.get().pk),
        "replies": "on",
        "story": "ferry-north",
    }

    response = client.get("/search/", asked)

    form = Form(response.content.decode())
    assert response.status_code == 400
    assert form.values == asked
    assert form.refused == ["topic", "since"]


def test_facets_in_use_are_shown_each_with_a_link_that_drops_it(ask, archive):
    answer = ask(q="ferry", section="north", since="2012", story="ferry-north", kind="")

    assert answer.of("facets") == (
        "Story: Ferry North drop Story Section: North section drop Section"
        " From: 2012 drop From"
    )
    assert answer.links_in("facets") == {
        "drop Story": "?q=ferry&section=north&since=2012",
        "drop Section": "?q=ferry&since=2012&story=ferry-north",
        "drop From": "?q=ferry&section=north&story=ferry-north",
    }


def test_facets_that_would_narrow_say_how_many_hits_each_has(ask, archive):
    answer = ask(q="ferry", kind="comment", section="")

    assert answer.of("facets__choices") == (
        "Section North section (2) · South section (2)"
        " Topic North topic (2) · South topic (2)"
        " Author of the story North writer (2) · South writer (2)"
        " Year 2012 (2) · 2013 (2)"
        " Language English (2) · German (2)"
    )
    links = answer.links_in("facets__choices")
    assert links["2012"] == "?q=ferry&kind=comment&since=2012&until=2012"
    assert len(ask(links["2012"]).hits) == 2


def test_years_are_counted_as_they_are_searched_in_the_time_zone_of_the_site(
    ask, make_comment, settings
):
    settings.TIME_ZONE = "America/New_York"
    midnight = datetime(2013, 1, 1, tzinfo=UTC)
    for at, precision in (
        (midnight, "day"),
        (midnight, "minute"),
        (midnight + timedelta(hours=5), "minute"),
        (None, "unknown"),
    ):
        make_comment(body="Ferry", posted_at=at, posted_precision=precision)

    answer = ask(q="ferry")

    assert answer.of("facets__choices") == "Year 2012 (1) · 2013 (2)"
    links = answer.links_in("facets__choices")
    assert [len(ask(links[year]).hits) for year in ("2012", "2013")] == [1, 2]


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        ({"q": "ferry\x00"}, "Null characters are not allowed."),
        ({"q": "ferry", "topic": "\x00"}, "Null characters are not allowed."),
        ({"q": "ferry", "story": "\x00"}, "Null characters are not allowed."),
        ({"q": "ferry", "since": "\x00"}, "Null characters are not allowed."),
        ({"q": "ferry", "section": "\x00"}, "is not one of the available choices"),
        ({"q": "ferry", "source": "\x00"}, "is not one of the available choices"),
        ({"q": "ferry", "section": "nowhere"}, "is not one of the available choices"),
        ({"q": "ferry", "order": "random()"}, "is not one of the available choices"),
        ({"q": "ferry", "kind": "user"}, "is not one of the available choices"),
        ({"q": "ferry", "language": "xx"}, "is not one of the available choices"),
        ({"q": "ferry", "source": "1e9"}, "is not one of the available choices"),
        ({"q": "ferry", "topic": "nothing"}, "There is no topic “nothing”."),
        ({"q": "ferry", "author": "nobody"}, "Nobody called “nobody”"),
        ({"q": "ferry", "since": "2012-13"}, "Write a year, month or day"),
        ({"q": "ferry", "since": "0001"}, "Write a year, month or day"),
        ({"q": "ferry", "until": "9999-12-31"}, "Write a year, month or day"),
        ({"q": "ferry", "since": "soon"}, "Write a year, month or day"),
        ({"q": "ferry", "since": "2012-05", "until": "2012-04"}, "This is over before"),
        ({"q": "ferry", "after": "soon"}, "There is no page at this address."),
        ({"q": "ferry", "after": "0.1_999999999999999999_c1"}, "There is no page"),
        ({"q": "ferry", "story": "nothing"}, "There is no story at this address."),
        ({"q": "!!!"}, "There is no word in that, only signs."),
        ({"q": "-ferry"}, "Say what to find, too"),
        ({"q": "ferry or -train"}, "Say what to find, too"),
        ({"q": "a " * 33}, "That is more than 32 words"),
        ({"q": "a" * 301}, "at most 300 characters"),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_refused_with_a_word(ask, db, parameters, word):
    answer = ask(**parameters)

    assert answer.status == 400
    assert word in answer.html


def test_names_to_choose_from_are_text(ask, make_article):
    story = make_article(headline="Ferry")
    for slug, name in (("bold", "<b>Fish</b> & 50% chips"), ("raw", "Raw fish")):
        story.topics.add(Topic.objects.create(slug=slug, name=name))

    answer = ask(q="ferry", topic="fish")

    assert (answer.status, answer.hits) == (400, [])
    assert (
        "“fish” may mean several topics. Write one of these:"
        " &lt;b&gt;Fish&lt;/b&gt; &amp; 50% chips · Raw fish"
    ) in answer.html
    assert len(ask(q="ferry", topic="50%").hits) == 1


@pytest.mark.parametrize(
    "words",
    ["%", "_a_", "'; --", "a:*", "!(a", "a & | b", "\\", "<->", "a\tb\nc", "ÄÖ ß ﷽"],
)
def test_operators_of_the_database_are_but_signs(ask, make_article, words):
    make_article(headline="Nothing of it")

    assert ask(q=f"ferry {words}").status == 200


def test_empty_result_tells_which_facets_keep_it_empty(ask, archive):
    answer = ask(q="ferry", section="north", since="2013")

    assert answer.count == "Nothing found"
    assert answer.links_in("search__help") == {
        "Section: North section": "?q=ferry&since=2013",
        "From: 2013": "?q=ferry&section=north",
    }
    assert answer.of("search__help").count("(3 hits)") == 2


def test_empty_result_offers_fewer_words(ask, archive):
    answer = ask(q="ferry zeppelin north", section="north")

    assert answer.links_in("search__help") == {
        "ferry north": "?q=ferry+north&section=north"
    }


def test_empty_result_corrects_words_that_occur_nowhere(ask, archive):
    answer = ask(q="fery nroth")

    assert answer.links_in("search__help") == {
        "ferry north": "?q=ferry+north",
    }
    assert "(1 hit)" in answer.of("search__help")


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("north writer", ["North writer"]),
        ("WRI", ["North writer", "South writer"]),
        ("north rite", []),
        ("secret", []),
        ("nor or south", []),
        ("w", []),
        ("marie", ["Anne-Marie O’Neill"]),
        ("anne-ma", ["Anne-Marie O’Neill"]),
        ("marie o’neill anne", ["Anne-Marie O’Neill"]),
        ("anne neil", ["Anne-Marie O’Neill"]),
        ("arie", []),
        ("…x…", []),
    ],
)
def test_authors_who_are_called_so_are_named(ask, archive, make_article, asked, names):
    draft = make_article(status="draft")
    hidden = Author.objects.create(name="Secret writer", slug="secret")
    Byline.objects.create(article=draft, author=hidden)
    double = Author.objects.create(name="Anne-Marie O’Neill", slug="anne-marie")
    Byline.objects.create(article=make_article(), author=double)

    assert [*ask(q=asked).links_in("ways")] == names


def test_facets_without_words_say_that_a_word_is_missing(ask, archive):
    answer = ask(section="north")

    assert answer.of("facets") == "Section: North section drop Section"
    assert "Write a word to find" in answer.html
    assert "Write a word to find" not in ask().html


def test_empty_result_without_help_says_so(ask, archive):
    answer = ask(q="zeppelin")

    assert "No story and no comment has these words." in answer.of("search__help")


def test_more_hits_than_are_counted_are_said_to_be_more(ask, make_article, monkeypatch):
    monkeypatch.setattr(finding, "MOST_COUNTED", 3)
    for _ in range(3):
        make_article(headline="Ferry")
    exact = ask(q="ferry").count

    make_article(headline="Ferry")

    assert exact == "3 hits"
    assert ask(q="ferry").count == "More than 1,000 hits"


@pytest.mark.parametrize("order", ["best", "newest"])
@pytest.mark.parametrize("facets", [{"replies": "on"}, {}])
def test_few_hits_are_counted_though_too_many_to_sort_have_the_words(
    ask, make_article, make_comment, monkeypatch, order, facets
):
    monkeypatch.setattr(finding, "MOST_SORTED", 2)
    draft = make_article(status="draft")
    for _ in range(20):
        make_comment(body="Ferry", article=draft)
    make_comment(body="Yes", parent=make_comment(body="Ferry"))

    answer = ask(q="ferry", order=order, **facets)

    assert (answer.count, len(answer.hits)) == ("1 hit", 1)


@pytest.mark.parametrize("order", ["best", "newest"])
def test_next_page_is_a_link(ask, make_article, order):
    stories = [make_article(headline="Ferry") for _ in range(finding.PAGE_SIZE + 1)]

    first = ask(q="ferry", order=order)
    second = ask(first.next)

    assert len(first.hits) == finding.PAGE_SIZE
    assert second.hits == [story_address(stories[0])]
    assert second.count == f"{finding.PAGE_SIZE + 1} hits"
    assert second.next is None


@pytest.mark.django_db(transaction=True)
def test_search_that_takes_too_long_asks_to_narrow_it(ask, make_comment, monkeypatch):
    make_comment(body="Ferry")
    monkeypatch.setitem(finding._PLANNING, "statement_timeout", "50ms")
    other = connection.copy()
    other.set_autocommit(False)
    # What is found is shown with it; the form does without.
    other.cursor().execute("LOCK TABLE comments_discussion")

    try:
        answer = ask(q="ferry")
    finally:
        other.close()

    assert (answer.status, answer.count) == (503, "That would take too long")


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("order", ["best", "newest"])
def test_query_count(
    client, make_article, make_comment, django_assert_num_queries, count, order
):
    for _ in range(count):
        story = make_article(headline="Ferry")
        parent = make_comment(article=story, body="Ferry")
        make_comment(parent=parent, body="Ferry")

    with django_assert_num_queries(11):
        client.get("/search/", {"q": "ferry", "order": order})


@pytest.mark.parametrize("count", [1, 3])
def test_query_count_of_the_form(
    client, make_article, django_assert_num_queries, count
):
    for number in range(count):
        section = Section.objects.create(name=f"S{number}", slug=f"s{number}")
        make_article(section=section)

    with django_assert_num_queries(1):
        client.get("/search/")
