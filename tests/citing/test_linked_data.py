"""A story and its discussion in the words of schema.org."""

import json
import re
from datetime import UTC, datetime

import pytest

from articles.models import Author, Byline
from comments import threads
from comments.models import Comment
from newsroom.citing import linked_data

ELEMENT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def _absolute(path):
    return f"https://archive.example{path}"


@pytest.fixture
def told():
    """Return a reader of the comments told of a discussion, by number and nesting."""

    def tell(discussion):
        entries = threads.page(discussion).entries
        return linked_data.comments(entries, _absolute)

    return tell


def _texts(nodes):
    return [(node.get("text"), _texts(node.get("comment", []))) for node in nodes]


def _data(client, article):
    html = client.get(article.get_absolute_url()).content.decode()
    [text] = ELEMENT.findall(html)
    return json.loads(text)


def test_story_page_tells_what_it_shows(client, make_article, make_comment):
    article = make_article(
        headline="The river rose",
        standfirst="At night.",
        published_at=datetime(2018, 2, 1, tzinfo=UTC),
        published_precision="month",
        source_url="https://times.example/river",
    )
    author = Author.objects.create(name="Ida", slug="ida")
    Byline.objects.create(article=article, author=author)
    comment = make_comment(
        article=article,
        body="Well & <good>",
        author_name="Ben",
        language="en",
        posted_at=datetime(2018, 2, 3, tzinfo=UTC),
        posted_precision="day",
    )

    data = _data(client, article)

    url = f"http://testserver{article.get_absolute_url()}"
    assert data.pop("dateModified")
    assert data == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": url,
        "url": url,
        "headline": "The river rose",
        "description": "At night.",
        "inLanguage": "en",
        "datePublished": "2018-02",
        "author": [{"@type": "Person", "name": "Ida"}],
        "publisher": {"@type": "Organization", "name": "Newsroom"},
        "isBasedOn": "https://times.example/river",
        "commentCount": 1,
        "comment": [
            {
                "@type": "Comment",
                "@id": f"http://testserver/comments/{comment.pk}/",
                "text": "Well & <good>",
                "author": {"@type": "Person", "name": "Ben"},
                "datePublished": "2018-02-03",
                "inLanguage": "en",
            }
        ],
    }


def test_replies_stand_in_what_they_answer(make_comment, told):
    top = make_comment(body="Top")
    middle = make_comment(parent=top, body="Middle", reply_basis="edited")
    make_comment(parent=middle, body="Below")
    make_comment(parent=top, body="Beside")
    make_comment(body="Another")

    assert _texts(told(top.discussion)) == [
        ("Top", [("Middle", [("Below", [])]), ("Beside", [])]),
        ("Another", []),
    ]


def test_inferred_reply_stands_at_the_top_with_its_replies(make_comment, told):
    top = make_comment(body="Top")
    guessed = make_comment(
        parent=top, body="Guessed", reply_basis="inferred", reply_confidence=0.9
    )
    make_comment(parent=guessed, body="Below")

    assert _texts(told(top.discussion)) == [
        ("Top", []),
        ("Guessed", [("Below", [])]),
    ]


def test_removed_and_hidden_comments_are_not_told(make_comment, told):
    removed = make_comment(body="Secret", author_name="Secret")
    make_comment(parent=removed, body="An answer")
    hidden = make_comment(body="Secret")
    make_comment(parent=hidden, body="To the hidden")
    Comment.objects.filter(pk=removed.pk).set_status("removed", reason="An attack")
    Comment.objects.filter(pk=hidden.pk).set_status("hidden")

    nodes = told(removed.discussion)

    assert _texts(nodes) == [(None, [("An answer", [])]), ("To the hidden", [])]
    assert nodes[0]["creativeWorkStatus"] == "Removed"
    assert "Secret" not in json.dumps(nodes)


def test_deep_thread_is_nested_no_deeper_than_on_the_page(make_comment, told):
    comments = [make_comment(body="1")]
    for number in range(2, 12):
        comments.append(make_comment(parent=comments[-1], body=str(number)))

    [node] = told(comments[0].discussion)

    for _ in range(threads.SCREEN_DEPTH - 2):
        [node] = node["comment"]
    assert [last["text"] for last in node["comment"]] == ["8", "9", "10", "11"]
    assert [last.get("parentItem") for last in node["comment"]] == [None] + [
        {"@id": _absolute(f"/comments/{comment.pk}/")} for comment in comments[7:10]
    ]


@pytest.mark.parametrize(
    "text",
    [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "a\u2028b\u2029c",
        ']]> & " \\ \x07',
    ],
)
def test_hostile_text_stays_data(client, make_article, make_comment, text):
    article = make_article(headline=text, standfirst=text)
    make_comment(article=article, author_name=text, body=text)

    html = client.get(article.get_absolute_url()).content.decode()
    [data] = ELEMENT.findall(html)

    assert not {"<", ">", "&", "\u2028", "\u2029"} & {*data}
    told = json.loads(data)
    assert told["headline"] == text
    assert told["comment"][0]["author"]["name"] == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p>\n<p>two<br>three</p>", "One\ntwo\nthree"),
        ('<p><abbr title="a > b">ab</abbr> &lt;b&gt; &amp;amp;</p>', "ab <b> &amp;"),
        ("<p>5 < 6</p>", "5 < 6"),
        ("", ""),
    ],
)
def test_text_is_without_markup(html, text):
    assert linked_data.plain_text(html) == text


def test_story_says_what_programs_ask(client, make_article):
    article = make_article(
        headline="The “river”",
        standfirst="At night.",
        published_at=datetime(2018, 2, 23, 9, 30, tzinfo=UTC),
    )
    author = Author.objects.create(name="Ida", slug="ida")
    Byline.objects.create(article=article, author=author)

    html = client.get(article.get_absolute_url()).content.decode()

    url = f"http://testserver{article.get_absolute_url()}"
    found = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', html)
    asked = {name: text for name, text in found if ":" in name or "citation" in name}
    assert asked == {
        "z:itemType": "newspaperArticle",
        "citation_title": "The “river”",
        "citation_author": "Ida",
        "citation_publication_date": "2018-02-23",
        "citation_language": "en",
        "citation_public_url": url,
        "og:type": "article",
        "og:site_name": "Newsroom",
        "og:title": "The “river”",
        "og:url": url,
        "og:description": "At night.",
        "article:published_time": "2018-02-23",
    }
    assert html.count(f'<link rel="canonical" href="{url}">') == 1


def test_unknown_date_is_not_told(client, make_article):
    article = make_article()

    html = client.get(article.get_absolute_url()).content.decode()

    assert "citation_publication_date" not in html
    assert "datePublished" not in html
