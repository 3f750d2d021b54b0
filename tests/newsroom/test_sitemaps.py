"""What search engines are told of the site."""

from datetime import timedelta

import pytest
from django.utils import timezone
from lxml import etree

from articles.models import Article
from newsroom.sitemaps import KEYS

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"


@pytest.fixture
def read(client):
    """Return a reader of sitemaps: the parsed document."""

    def read(address):
        response = client.get(address)
        assert response.status_code == 200
        assert response["Content-Type"] == "application/xml; charset=utf-8"
        assert response.cookies == {}
        return etree.fromstring(response.content)

    return read


def _addresses(document):
    return [
        loc.text.removeprefix("http://testserver")
        for loc in document.iter(f"{SITEMAP}loc")
    ]


def test_robots_are_told_where_to_look(client, db):
    response = client.get("/robots.txt")

    assert response["Content-Type"] == "text/plain"
    assert response.content.decode().splitlines() == [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /search/",
        "Sitemap: http://testserver/sitemap.xml",
    ]


def test_index_has_the_ranges_that_hold_stories(read, make_article):
    for key in (5, KEYS - 1, 7 * KEYS, 300 * KEYS + 1):
        make_article(pk=key, slug=f"s-{key}")
    make_article(pk=9 * KEYS, status="draft")
    make_article(pk=400 * KEYS, status="withdrawn")

    addresses = _addresses(read("/sitemap.xml"))

    assert addresses == [
        "/sitemaps/news.xml",
        "/sitemaps/0.xml",
        "/sitemaps/7.xml",
        "/sitemaps/300.xml",
    ]
    assert [_addresses(read(address)) for address in addresses] == [
        [],
        ["/articles/s-5/", f"/articles/s-{KEYS - 1}/"],
        [f"/articles/s-{7 * KEYS}/"],
        [f"/articles/s-{300 * KEYS + 1}/"],
    ]


@pytest.mark.parametrize("number", [0, 9, 2**63])
def test_sitemap_without_a_story_is_none(client, make_article, number):
    make_article(pk=9 * KEYS, status="draft")

    assert client.get(f"/sitemaps/{number}.xml").status_code == 404


def test_sitemap_tells_when_story_or_discussion_changed(
    read, make_article, make_comment
):
    article = make_article()
    make_comment(article=article)
    article.discussion.refresh_from_db()

    document = read(f"/sitemaps/{article.pk // KEYS}.xml")

    [changed] = [element.text for element in document.iter(f"{SITEMAP}lastmod")]
    at = article.discussion.changed_at
    assert changed == at.isoformat(timespec="seconds")


def test_news_are_the_dated_stories_of_two_days(read, make_article):
    now = timezone.now().replace(microsecond=0)
    make_article(headline="Today <&>", published_at=now, language="pt-BR")
    make_article(headline="Old", published_at=now - timedelta(days=3))
    make_article(headline="Later", published_at=now + timedelta(hours=1))
    make_article(headline="Some year", published_at=now, published_precision="year")
    make_article(headline="Undated")
    make_article(headline="Secret", published_at=now, status="draft")

    [item] = read("/sitemaps/news.xml").iter(f"{NEWS}news")

    assert [(e.tag.removeprefix(NEWS), e.text) for e in item.iter() if e.text] == [
        ("name", "Newsroom"),
        ("language", "pt"),
        ("publication_date", now.isoformat()),
        ("title", "Today <&>"),
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_query_count(client, make_article, django_assert_num_queries, count):
    for number in range(count):
        make_article(pk=KEYS + number, published_at=timezone.now())
    make_article(pk=20 * KEYS)

    for address, queries in (
        ("/sitemap.xml", 2),
        ("/sitemaps/1.xml", 1),
        ("/sitemaps/news.xml", 1),
        ("/robots.txt", 0),
    ):
        with django_assert_num_queries(queries):
            client.get(address)


def test_empty_site_has_an_index(read, db):
    assert Article.objects.count() == 0
    assert _addresses(read("/sitemap.xml")) == ["/sitemaps/news.xml"]


def test_addresses_come_from_an_allowed_host_alone(client, make_article):
    make_article()

    for address in ("/sitemap.xml", "/robots.txt"):
        response = client.get(address, headers={"host": "evil.example"})
        assert response.status_code == 400
