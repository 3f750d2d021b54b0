"""Feeds, read by a parser that others wrote."""

import json
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from django.utils import timezone
from lxml import etree

from articles.models import Article, Author, Byline, Section, Topic
from comments.models import Comment
from newsroom.feeds.feeds import COMMENTS, LONGEST_BODY, STORIES

ATOM = "{http://www.w3.org/2005/Atom}"
THREAD = "{http://purl.org/syndication/thread/1.0}"
ALL = ("/feeds/articles", "/feeds/comments")
EVIL = '"><img src=x onerror=alert(1)>]]>\x07\ufffe'


def _atom(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert response.cookies == {}
    feed = feedparser.parse(response.content)
    assert not feed.bozo
    return feed


def _xml(client, address):
    return etree.fromstring(client.get(address).content)


def _json(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/feed+json; charset=utf-8"
    feed = json.loads(response.content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"http://testserver{address}"
    return feed


def _titles(client, base):
    titles = [entry.title for entry in _atom(client, f"{base}/").entries]
    assert titles == [item["title"] for item in _json(client, f"{base}.json")["items"]]
    return titles


def _on(article):
    return f"{article.created_at.astimezone(UTC):%Y-%m-%d}"


def test_latest_stories_are_the_published_ones_newest_first(client, make_article):
    make_article(headline="Undated")
    make_article(headline="New", published_at=datetime(2020, 5, 1, tzinfo=UTC))
    make_article(headline="Secret", status="draft")
    make_article(headline="Secret", published_at=timezone.now() + timedelta(days=1))

    assert _titles(client, "/feeds/articles") == ["New", "Undated"]


def test_section_and_topic_have_feeds_of_their_own(client, make_article):
    section = Section.objects.create(name="Rivers", slug="rivers")
    topic = Topic.objects.create(name="Floods", slug="floods")
    make_article(headline="Elsewhere")
    make_article(headline="Here", section=section)
    make_article(headline="About it").topics.add(topic)

    assert _titles(client, "/feeds/sections/rivers") == ["Here"]
    assert _titles(client, "/feeds/topics/floods") == ["About it"]
    for address in ("/feeds/sections/none/", "/feeds/topics/none.json"):
        assert client.get(address).status_code == 404


def test_name_that_only_drafts_use_has_no_feed(client, make_article):
    section = Section.objects.create(name="Secret section", slug="secret")
    topic = Topic.objects.create(name="Secret topic", slug="secret")
    make_article(status="draft", section=section).topics.add(topic)

    for kind in ("sections", "topics"):
        for ending in ("/", ".json"):
            response = client.get(f"/feeds/{kind}/secret{ending}")
            assert response.status_code == 404
            assert "Secret" not in response.content.decode()


def test_story_is_told_whole(client, make_article, make_comment):
    section = Section.objects.create(name="Rivers", slug="rivers")
    article = make_article(
        headline="The river <rose>",
        standfirst="At night & by day.",
        body="<p>It rose.</p>",
        language="pt",
        section=section,
        published_at=datetime(2020, 5, 1, tzinfo=UTC),
        published_precision="day",
    )
    for number, name in enumerate(["Ida", "Ben"]):
        author = Author.objects.create(name=name, slug=name)
        Byline.objects.create(article=article, author=author, position=number)
    make_comment(article=article)
    article.discussion.refresh_from_db()

    [entry] = _xml(client, "/feeds/articles/").iter(f"{ATOM}entry")
    [item] = _json(client, "/feeds/articles.json")["items"]

    url = f"http://testserver{article.get_absolute_url()}"
    id = f"tag:localhost,{_on(article)}:articles/{article.pk}"
    changed = article.discussion.changed_at
    assert entry.get("{http://www.w3.org/XML/1998/namespace}lang") == "pt"
    assert {e.tag.removeprefix(ATOM): e.text for e in entry if e.text} == {
        "title": "The river <rose>",
        "published": "2020-05-01T00:00:00+00:00",
        "updated": article.changed_at.isoformat(),
        "id": id,
        "summary": "At night & by day.",
        "content": "<p>It rose.</p>",
        f"{THREAD}total": "1",
    }
    names = [name.text for name in entry.iterfind(f"{ATOM}author/{ATOM}name")]
    assert names == ["Ida", "Ben"]
    [replies] = entry.iterfind(f"{ATOM}link[@rel='replies']")
    assert dict(replies.attrib) == {
        "rel": "replies",
        "type": "application/atom+xml",
        "href": f"{url}feed/",
        f"{THREAD}count": "1",
        f"{THREAD}updated": changed.isoformat(),
    }
    assert item == {
        "content_html": "<p>It rose.</p>",
        "id": id,
        "url": url,
        "title": "The river <rose>",
        "summary": "At night & by day.",
        "date_published": "2020-05-01T00:00:00+00:00",
        "date_modified": article.changed_at.isoformat(),
        "authors": [{"name": "Ida"}, {"name": "Ben"}],
        "tags": ["Rivers"],
        "language": "pt",
        "_discussion": {
            "feed_url": f"{url}feed.json",
            "count": 1,
            "updated": changed.isoformat(),
        },
    }


def test_body_that_is_too_long_stays_on_its_page(client, make_article):
    make_article(standfirst="In short.", body=f"<p>{'x' * LONGEST_BODY}</p>")

    [item] = _json(client, "/feeds/articles.json")["items"]

    assert (item["summary"], item["content_html"]) == ("In short.", "")


def test_id_stays_when_the_address_changes(client, make_article):
    article = make_article()
    before = _atom(client, "/feeds/articles/").entries[0]

    Article.objects.filter(pk=article.pk).update(slug="another")
    after = _atom(client, "/feeds/articles/").entries[0]

    assert after.id == before.id
    assert after.link != before.link


def test_replies_name_what_they_answer(client, make_comment):
    top = make_comment(author_name="Ida")
    article = top.discussion.article
    reply = make_comment(parent=top, reply_basis="edited")
    guessed = make_comment(parent=top, reply_basis="inferred", reply_confidence=0.5)
    hidden = make_comment(status="hidden")
    below = make_comment(parent=hidden)
    removed = make_comment(status="removed")
    last = make_comment(parent=removed)

    feed = _xml(client, f"{article.get_absolute_url()}feed/")

    story = f"tag:localhost,{_on(article)}:articles/{article.pk}"
    answered = {
        entry.findtext(f"{ATOM}id"): entry.find(f"{THREAD}in-reply-to").get("ref")
        for entry in feed.iter(f"{ATOM}entry")
    }
    assert answered == {
        f"{story}/comments/{comment.pk}": f"{story}{parent}"
        for comment, parent in (
            (last, f"/comments/{removed.pk}"),
            (below, ""),
            (guessed, ""),
            (reply, f"/comments/{top.pk}"),
            (top, ""),
        )
    }
    [link] = {
        entry.find(f"{THREAD}in-reply-to").get("href")
        for entry in feed.iter(f"{ATOM}entry")
        if entry.findtext(f"{ATOM}id").endswith(f"/{reply.pk}")
    }
    assert link == f"http://testserver{top.get_absolute_url()}"


def test_latest_comments_are_the_public_ones_newest_first(
    client, make_article, make_comment
):
    def at(year):
        return {
            "posted_at": datetime(year, 1, 1, tzinfo=UTC),
            "posted_precision": "second",
        }

    make_comment(author_name="Undated")
    make_comment(author_name="New", **at(2020))
    make_comment(author_name="Old", **at(2001))
    make_comment(author_name="Secret", status="pending", **at(2021))
    make_comment(author_name="Secret", status="removed", **at(2021))
    make_comment(author_name="Secret", kind="pingback", **at(2021))
    draft = make_article(status="draft", headline="Secret")
    make_comment(article=draft, author_name="Secret", **at(2021))

    names = [title.partition(" on ")[0] for title in _titles(client, "/feeds/comments")]

    assert names == ["New", "Old", "Undated"]


def test_comment_of_unknown_date_has_only_that_of_its_coming(client, make_comment):
    comment = make_comment()

    [entry] = _atom(client, "/feeds/comments/").entries
    [item] = _json(client, "/feeds/comments.json")["items"]

    came = Comment.objects.get(pk=comment.pk).created_at.isoformat()
    assert (entry.get("published"), entry.updated) == (None, came)
    assert ("date_published" in item, item["date_modified"]) == (False, came)
    assert entry.author == "Unnamed reader"


def test_month_is_no_moment(client, make_article):
    make_article(
        published_at=datetime(2019, 1, 1, tzinfo=UTC), published_precision="month"
    )

    assert "published" not in _atom(client, "/feeds/articles/").entries[0]


def test_discussion_feed_is_that_of_a_published_story(client, make_article):
    draft = make_article(status="draft", headline="Secret")
    moved = make_article(slug="first")
    Article.objects.filter(pk=moved.pk).update(slug="second")

    for ending in ("feed/", "feed.json"):
        assert client.get(f"{draft.get_absolute_url()}{ending}").status_code == 404
        response = client.get(f"/articles/first/{ending}")
        assert response.status_code == 301
        assert response["Location"] == f"/articles/second/{ending}"


def test_feeds_tell_no_time_of_change(client, make_comment):
    story = make_comment().discussion.article.get_absolute_url()

    # A section's new name, or a second change in a second, would not move it.
    assert "Last-Modified" not in client.get(f"{story}feed/")
    for base in ALL:
        assert "Last-Modified" not in client.get(f"{base}/")


@pytest.mark.parametrize("base", ALL)
def test_empty_feed_is_valid_and_always_the_same(client, db, base):
    first, second = (client.get(f"{base}/").content for _ in range(2))

    assert first == second
    assert _titles(client, base) == []


def test_hostile_texts_are_data(client, make_article, make_comment):
    section = Section.objects.create(name=EVIL, slug="evil")
    article = make_article(
        headline=EVIL, standfirst=EVIL, body=f"<p>a]]>b\x0b</p>{EVIL}", section=section
    )
    make_comment(article=article, author_name=EVIL, body=EVIL)

    for base in (
        "/feeds/articles",
        "/feeds/comments",
        "/feeds/sections/evil",
        f"/articles/{article.slug}/feed",
    ):
        feed = _xml(client, f"{base}/")
        assert feed.tag == f"{ATOM}feed"
        assert {child.tag.partition("}")[0] + "}" for child in feed.iter()} <= {
            ATOM,
            THREAD,
        }
        content = feed.findtext(f"{ATOM}entry/{ATOM}content")
        assert "onerror=alert(1)" not in content or "&lt;img" in content
        assert _json(client, f"{base}.json")["items"]


def test_addresses_come_from_an_allowed_host_alone(client, make_article):
    make_article()

    assert (
        client.get("/feeds/articles/", headers={"host": "x.example"}).status_code == 400
    )


@pytest.mark.parametrize("count", [1, 3])
def test_query_count(
    client, make_article, make_comment, django_assert_num_queries, count
):
    section = Section.objects.create(name="Rivers", slug="rivers")
    for number in range(count):
        article = make_article(section=section)
        article.topics.add(Topic.objects.create(name=f"T {number}", slug=f"t-{number}"))
        author = Author.objects.create(name=f"A {number}", slug=f"a-{number}")
        Byline.objects.create(article=article, author=author)
        make_comment(parent=make_comment(article=article))

    for address, queries in (
        ("/feeds/articles/", 3),
        ("/feeds/articles.json", 3),
        ("/feeds/sections/rivers/", 4),
        ("/feeds/comments/", 1),
        (f"{article.get_absolute_url()}feed/", 2),
    ):
        with django_assert_num_queries(queries):
            client.get(address)


def test_feeds_have_their_length(client, make_article, make_comment):
    articles = [make_article() for _ in range(STORIES + 1)]
    for _ in range(COMMENTS + 1):
        make_comment(article=articles[0])

    assert len(_titles(client, "/feeds/articles")) == STORIES
    assert len(_titles(client, "/feeds/comments")) == COMMENTS
    assert len(_titles(client, f"/articles/{articles[0].slug}/feed")) == COMMENTS


def test_pages_say_where_their_feeds_are(client, make_article):
    article = make_article()

    front = client.get("/").content.decode()
    story = client.get(article.get_absolute_url()).content.decode()

    for html, addresses in (
        (front, [f"{base}{end}" for base in ALL for end in ("/", ".json")]),
        (story, [f"{article.get_absolute_url()}feed{end}" for end in ("/", ".json")]),
    ):
        for address in addresses:
            assert f'href="{address}"' in html
            assert client.get(address).status_code == 200


def test_ids_are_the_same_under_every_name_of_the_site(client, make_article, settings):
    settings.ALLOWED_HOSTS = [".news.example", "old.example"]
    make_article()

    ids = {
        feedparser.parse(client.get("/feeds/articles/", headers={"host": host}).content)
        .entries[0]
        .id.partition(",")[0]
        for host in ("news.example", "www.news.example", "old.example")
    }

    assert ids == {"tag:news.example"}
