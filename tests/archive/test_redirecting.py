"""Old addresses lead to their stories and comments for ever."""

import pytest
from django.utils.html import strip_tags

from articles.models import Article
from comments import threads
from comments.models import Comment
from newsroom.archive.importing import import_file
from newsroom.archive.models import SourceAddress
from newsroom.archive.redirecting import give_anchors

OLD_HOST = {"host": "harbour.example"}


@pytest.fixture
def knows(settings, make_article):
    """Return a maker of stories that were known at addresses on the old host."""
    settings.ALLOWED_HOSTS = ["harbour.example", "testserver"]

    def make(*addresses, host="https://harbour.example", **fields):
        article = make_article(**fields)
        for address in addresses:
            address = f"{host}{address}"
            known = SourceAddress(article=article, address=address)
            known.key = address.removeprefix("https://").rstrip("/")
            known.save()
        return article

    return make


def _target(client, address, **headers):
    response = client.get(address, headers=OLD_HOST | headers)
    if response.status_code == 404:
        return None
    assert response.status_code == 301
    assert response.cookies == {}
    return response["Location"]


@pytest.mark.parametrize(
    "address",
    [
        "/2018/02/some-slug",
        "/2018/02/some-slug/",
        "/2018/02/some-slug/?utm_source=mail&fbclid=1",
        "/2018/02/some-slug/?replytocom=7",
        "/2018/02/some%2Dslug/",
        "/2018/02/some-slug/comment-page-2/",
        "/2018/02/some-slug/comment-page-2/?replytocom=7",
        "/2018/02/some-slug/amp/",
    ],
)
def test_old_address_leads_to_its_story(client, knows, address):
    article = knows("/2018/02/some-slug/")

    assert _target(client, address) == article.get_absolute_url()


def test_front_page_is_a_story_when_its_query_says_so(client, knows, make_article):
    article = knows("/?p=12")
    later = make_article()

    assert _target(client, "/?p=12") == article.get_absolute_url()
    assert _target(client, "/?p=12&utm_source=mail") == article.get_absolute_url()
    for address in ("/", "/?p=13", "/?utm_source=mail", f"/?after={later.pk}"):
        assert client.get(address, headers=OLD_HOST).status_code == 200


def test_address_of_the_shape_of_ours_is_looked_up_too(client, knows):
    article = knows("/articles/99-some-slug/")

    assert _target(client, "/articles/99-some-slug/") == article.get_absolute_url()


def test_address_beyond_ascii_leads_to_its_story(client, knows):
    article = knows("/%E8%BF%9B/")

    assert _target(client, "/进/") == article.get_absolute_url()


def test_story_with_comments_is_shown_with_their_given_ids(client, knows, make_comment):
    article = knows("/some-slug/")
    make_comment(article=article)

    assert _target(client, "/some-slug/") == f"/articles/{article.slug}/given/"


@pytest.mark.parametrize("ending", ["feed/", "feed", "feed/atom/", "feed/rss2"])
def test_old_feed_leads_to_ours(client, knows, ending):
    article = knows("/some-slug/")

    assert _target(client, f"/some-slug/{ending}") == f"/articles/{article.slug}/feed/"


@pytest.mark.parametrize("status", ["draft", "withdrawn"])
def test_story_that_is_not_published_is_not_given_away(client, knows, status):
    knows("/some-slug/", "/?p=12", status=status, headline="Secret")

    assert _target(client, "/some-slug/") is None
    assert client.get("/?p=12", headers=OLD_HOST).status_code == 200


def test_address_of_two_stories_leads_to_neither(client, knows):
    knows("/some-slug/")
    knows("/some-slug/")

    assert _target(client, "/some-slug/") is None


def test_address_of_another_host_is_not_meant(client, knows):
    knows("/some-slug/", host="https://elsewhere.example")

    assert _target(client, "/some-slug/") is None


def test_port_of_a_site_that_is_tried_out_is_no_part_of_the_address(client, knows):
    story = knows("/some-slug/")

    target = _target(client, "/some-slug/", host="harbour.example:8000")

    assert target == story.get_absolute_url()


def test_old_hosts_are_asked_too_after_the_present_one(client, knows, settings):
    settings.OLD_HOSTS = ["old.example", "older.example"]
    here = knows("/both/")
    old = knows("/both/", "/some-slug/", host="https://old.example")
    older = knows("/some-slug/", "/ancient/", host="https://older.example")

    assert _target(client, "/both/") == here.get_absolute_url()
    assert _target(client, "/some-slug/") == old.get_absolute_url()
    assert _target(client, "/ancient/") == older.get_absolute_url()


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example/some-slug/",
        "/some-slug/?next=https://evil.example/",
        "/\\evil.example/",
        "/https:evil.example",
        "/@evil.example/",
    ],
)
def test_redirect_never_leaves_the_site(client, knows, address):
    article = knows("/some-slug/", "/evil.example/", "//evil.example/some-slug")

    target = _target(client, address)

    assert target in (None, article.get_absolute_url())


@pytest.mark.parametrize("path", ["/%00", "/%ED%A0%80", "/%FF", "/" + "x" * 5000])
def test_odd_address_is_not_found(client, knows, path):
    assert _target(client, path) is None


def test_only_what_is_not_found_is_looked_up(
    client, knows, make_article, django_assert_num_queries
):
    knows("/some-slug/")
    later = make_article()

    with django_assert_num_queries(1):
        client.get("/some-slug/", headers=OLD_HOST)
    with django_assert_num_queries(1):
        client.get("/some-slug/feed/", headers=OLD_HOST)
    with django_assert_num_queries(1):
        client.get(f"/?after={later.pk}", headers=OLD_HOST)
    assert client.post("/some-slug/", headers=OLD_HOST).status_code == 404


@pytest.fixture
def imported(settings, db, write_wxr, write_disqus):
    """Take in a story with comments from WordPress, and more of them from Disqus."""
    settings.ALLOWED_HOSTS = ["harbour.example"]
    link = "https://harbour.example/2019/03/ferry/"
    comments = [
        {"id": "31", "text": "First", "disqus": "9001"},
        {"id": "32", "text": "Second", "parent": "31"},
        {"id": "33", "text": "Spam", "approved": "spam"},
    ]
    import_file(write_wxr({"id": "12", "link": link, "comments": comments}))
    posts = [
        {"id": "9001", "text": "First"},
        {"id": "9002", "text": "Third", "at": "2019-03-15T09:30:15Z"},
    ]
    import_file(write_disqus({"id": "5", "link": link, "posts": posts}))
    return Article.objects.get()


def test_imported_story_answers_at_its_old_addresses(client, imported):
    given = f"/articles/{imported.slug}/given/"

    assert _target(client, "/2019/03/ferry/") == given


def test_page_gives_comments_the_ids_of_their_source(imported, make_comment):
    ours = make_comment(article=imported, body="New")
    page = threads.page(imported.discussion)

    give_anchors(page)

    anchors = {strip_tags(c.body_html): page.anchors[c.pk] for c in page.comments}
    assert anchors == {
        "First": "comment-31",
        "Second": "comment-32",
        "Third": "comment-9002",
        "New": f"our-comment-{ours.pk}",
    }


def test_page_with_given_ids_is_the_storys_own(
    client, imported, django_assert_num_queries
):
    address = f"/articles/{imported.slug}/given/"

    with django_assert_num_queries(3):
        html = client.get(address, headers=OLD_HOST).content.decode()

    canonical = f"http://harbour.example{imported.get_absolute_url()}"
    assert f'<link rel="canonical" href="{canonical}">' in html
    assert 'js/given-anchors.js"></script>' in html
    plain = client.get(imported.get_absolute_url(), headers=OLD_HOST).content.decode()
    assert "given-anchors" not in plain


@pytest.mark.parametrize(
    ("given_id", "body"),
    [("31", "First"), ("32", "Second"), ("9001", "First"), ("9002", "Third")],
)
def test_given_id_leads_to_the_comment(client, imported, given_id, body):
    address = f"/articles/{imported.slug}/given/{given_id}/"

    response = client.get(address, headers=OLD_HOST)

    comment = Comment.objects.get(body=body)
    assert response.status_code == 302
    target = f"{imported.get_absolute_url()}#comment-{comment.pk}"
    assert response["Location"] == target


@pytest.mark.parametrize("given_id", ["33", "99", "12"])
def test_given_id_of_nothing_shown_is_not_found(client, imported, given_id):
    address = f"/articles/{imported.slug}/given/{given_id}/"

    assert client.get(address, headers=OLD_HOST).status_code == 404


def test_given_id_holds_for_its_own_story_alone(client, imported, make_article):
    other, draft = make_article(), make_article(status="draft")

    for article in (other, draft):
        address = f"/articles/{article.slug}/given/31/"
        assert client.get(address, headers=OLD_HOST).status_code == 404


def test_former_address_leads_to_the_page_with_given_ids(client, imported):
    former = imported.slug
    Article.objects.update(slug="ferry-again")

    assert _target(client, f"/articles/{former}/given/") == (
        "/articles/ferry-again/given/"
    )
