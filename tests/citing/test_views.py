"""Pages and files of citations."""

import json
from datetime import UTC, datetime

import pytest
from django.urls import reverse
from lxml.html import fromstring

from articles.models import Article
from comments.models import Comment

ENDINGS = {
    "cite.bib": "application/x-bibtex; charset=utf-8",
    "cite.ris": "application/x-research-info-systems; charset=utf-8",
    "cite.csl.json": "application/vnd.citationstyles.csl+json",
}
EVIL = '"><img src=x onerror=alert(1)>'


def _addresses(*things):
    return [
        thing.get_absolute_url() + ending
        for thing in things
        for ending in ("cite/", *ENDINGS)
    ]


def _cited(html):
    (citation,) = fromstring(html).find_class("cite__text")
    return citation.text_content()


def test_story_page_leads_to_its_citation(client, make_article):
    article = make_article(headline="The river rose")

    page = client.get(article.get_absolute_url()).content.decode()
    cite = client.get(reverse("citing:article", args=[article.slug]))

    assert f'href="{article.get_absolute_url()}cite/"' in page
    assert cite.cookies == {}
    html = cite.content.decode()
    assert _cited(html) == (
        "“The river rose”. Newsroom, n.d. "
        f"http://testserver{article.get_absolute_url()}"
    )
    for ending in ENDINGS:
        assert f'href="{article.get_absolute_url()}{ending}"' in html


def test_comment_page_leads_to_its_citation(client, make_comment):
    comment = make_comment(author_name="Ida")

    page = client.get(comment.get_absolute_url()).content.decode()
    html = client.get(reverse("citing:comment", args=[comment.pk])).content.decode()

    assert f'href="{comment.get_absolute_url()}cite/"' in page
    assert _cited(html) == (
        "Ida. Comment #1 on “Story 1”. Newsroom, n.d. "
        f"http://testserver{comment.get_absolute_url()}"
    )


@pytest.mark.parametrize(("ending", "content_type"), ENDINGS.items())
def test_files_say_what_they_are(client, make_comment, ending, content_type):
    comment = make_comment()
    article = comment.discussion.article

    of_story = client.get(f"{article.get_absolute_url()}{ending}")
    of_comment = client.get(f"{comment.get_absolute_url()}{ending}")

    name, _, rest = ending.partition(".")
    assert name == "cite"
    for response, stem in (
        (of_story, article.slug),
        (of_comment, f"comment-{comment.pk}"),
    ):
        assert response.status_code == 200
        assert response["Content-Type"] == content_type
        disposition = f'attachment; filename="{stem}.{rest}"'
        assert response["Content-Disposition"] == disposition
        assert response.cookies == {}


def test_every_citation_has_the_day_that_the_page_shows(client, make_article, settings):
    settings.TIME_ZONE = "America/New_York"
    article = make_article(
        published_at=datetime(2018, 1, 1, 2, tzinfo=UTC),
        published_precision="second",
        published_basis="given",
    )

    page = client.get(article.get_absolute_url()).content.decode()
    cited = client.get(f"{article.get_absolute_url()}cite/").content.decode()
    bib, ris, csl = (
        client.get(f"{article.get_absolute_url()}cite.{ending}").content.decode()
        for ending in ("bib", "ris", "csl.json")
    )

    assert ">31 December 2017, 21:00</time>" in page
    assert "Newsroom, 31 December 2017." in _cited(cited)
    assert "  year = {2017},\n  month = dec,\n  day = {31},\n" in bib
    assert "PY  - 2017\r\nDA  - 2017/12/31/\r\n" in ris
    assert json.loads(csl)[0]["issued"] == {"date-parts": [[2017, 12, 31]]}


def test_file_names_the_permanent_address(client, make_comment):
    comment = make_comment()

    [item] = json.loads(client.get(f"/comments/{comment.pk}/cite.csl.json").content)

    assert item["URL"] == f"http://testserver/comments/{comment.pk}/"


def test_unknown_format_is_no_address(client, make_comment):
    comment = make_comment()

    for thing in (comment, comment.discussion.article):
        assert client.get(f"{thing.get_absolute_url()}cite.doc").status_code == 404


def test_what_readers_may_not_see_cannot_be_cited(client, make_article, make_comment):
    draft = make_article(headline="Secret plans", status="draft")
    below_draft = make_comment(article=draft, author_name="Secret name")
    hidden = make_comment(author_name="Secret name", status="hidden")
    removed = make_comment(author_name="Secret name")
    Comment.objects.filter(pk=removed.pk).set_status("removed")

    for address in _addresses(draft, below_draft, hidden, removed):
        response = client.get(address)
        assert response.status_code == 404
        assert "Secret" not in response.content.decode()
    page = client.get(removed.get_absolute_url()).content.decode()
    assert f"{removed.get_absolute_url()}cite/" not in page


def test_former_address_leads_to_the_citation(client, make_article):
    article = make_article(slug="first")
    Article.objects.filter(pk=article.pk).update(slug="second")

    for ending in ("cite/", *ENDINGS):
        response = client.get(f"/articles/first/{ending}")
        assert response.status_code == 301
        assert response["Location"] == f"/articles/second/{ending}"


def test_hostile_texts_are_escaped(client, make_article, make_comment):
    article = make_article(headline=EVIL, source_url=f"https://x.example/{EVIL}")
    comment = make_comment(article=article, author_name=EVIL)

    for thing in (article, comment):
        html = client.get(f"{thing.get_absolute_url()}cite/").content.decode()
        assert "<img" not in html


def test_addresses_come_from_an_allowed_host_alone(client, make_article):
    article = make_article()
    address = f"{article.get_absolute_url()}cite.bib"

    forged = client.get(address, headers={"host": "evil.example"})
    forwarded = client.get(address, headers={"x-forwarded-host": "evil.example"})

    assert forged.status_code == 400
    assert "evil" not in forwarded.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_query_count(
    client, make_article, django_assert_num_queries, make_comment, count
):
    article = make_article()
    comment = make_comment(article=article)
    for _ in range(count):
        make_comment(article=article)

    with django_assert_num_queries(3):
        client.get(f"{article.get_absolute_url()}cite/")
    with django_assert_num_queries(2):
        client.get(f"{comment.get_absolute_url()}cite/")
