"""What readers see, and what they must not see."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from lxml.html import fromstring

from articles.models import Article, Author, Byline, Section
from comments.models import Comment
from comments.threads import PAGE_SIZE
from newsroom.archive.importing import import_file, import_source
from newsroom.archive.models import Source

# What runs in the direction of a story's or a comment's language.
DIRECTED = {
    "story", "story__header--small", "discussion", "comment", "comment--single",
    "answered", "answered__item", "comment-page",
}  # fmt: skip
SAMPLE = settings.BASE_DIR / "newsroom/archive/sample/xiaomi-microsoft.jsonl"


class _Outline(HTMLParser):
    """The texts of a page by their class, and the nesting of its lists."""

    def __init__(self, html):
        super().__init__()
        self.texts, self.open, self.deepest = [], [], 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "link", "br", "hr", "img", "input"):
            self.open.append((tag, dict(attributes).get("class") or ""))
            lists = [name for name, _ in self.open if name == "ol"]
            self.deepest = max(self.deepest, len(lists))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if data.strip():
            classes = " ".join(css for _, css in self.open)
            self.texts.append((classes, " ".join(data.split())))

    def of(self, css_class):
        return [text for classes, text in self.texts if css_class in classes.split()]


@pytest.fixture
def sample(db):
    import_file(SAMPLE)
    return Article.objects.get()


def _get(client, address, status=200):
    response = client.get(address)
    assert response.status_code == status
    assert response.cookies == {}
    assert "Cookie" not in response.headers.get("Vary", "")
    return response.content.decode()


def test_front_page_lists_published_stories_newest_first(client, make_article):
    make_article(headline="Undated")
    make_article(headline="Old", published_at=datetime(1999, 5, 1, tzinfo=UTC))
    make_article(headline="New", published_at=datetime(2020, 5, 1, tzinfo=UTC))
    make_article(headline="Draft", status="draft")
    make_article(headline="Withdrawn", status="withdrawn")
    make_article(headline="Later", published_at=timezone.now() + timedelta(days=1))

    html = _get(client, "/")

    assert _Outline(html).of("teaser__headline") == ["New", "Old", "Undated"]


def test_front_page_shows_liveliest_discussions(client, make_article, make_comment):
    quiet, lively, hidden = (make_article(headline=h) for h in ("Quiet", "Lively", "X"))
    make_comment(article=quiet, body="A word. And more.")
    for number in range(3):
        make_comment(article=lively, body=f"This is remark number {number}. More.")
    for _ in range(4):
        make_comment(article=hidden)
    Article.objects.filter(pk=hidden.pk).update(status="draft")

    outline = _Outline(_get(client, "/"))

    assert outline.of("liveliest__headline") == ["Lively", "Quiet"]
    assert outline.of("liveliest__quote") == [
        "This is remark number 0.",
        "A word. And more.",
    ]
    assert outline.of("liveliest__count") == ["3 comments", "1 comment"]


def test_front_page_pages_by_key(client, make_article):
    headlines = [make_article(headline=f"Story {n:02}").headline for n in range(30)]

    seen, address = [], "/"
    while address:
        html = _get(client, address)
        seen += _Outline(html).of("teaser__headline")
        found = re.search(r'<a href="([^"]*)" rel="next">', html)
        address = "/" + found[1] if found else None

    assert seen == headlines[::-1]


@pytest.mark.parametrize("value", ["0", "x", "99999999999999999999", "1%00"])
def test_front_page_refuses_a_key_that_is_none(client, db, value):
    _get(client, f"/?after={value}", status=404)


@pytest.mark.parametrize("count", [1, 3])
def test_front_page_query_count(
    client, make_article, make_comment, django_assert_num_queries, count
):
    section = Section.objects.create(name="Rivers", slug="rivers")
    for number in range(count):
        article = make_article(section=section)
        author = Author.objects.create(name=f"A {number}", slug=f"a-{number}")
        Byline.objects.create(article=article, author=author)
        make_comment(article=article)

    with django_assert_num_queries(2):
        _get(client, "/")


def test_empty_front_page_says_so(client, db):
    html = _get(client, "/")

    assert len(_Outline(html).of("empty")) == 1


def test_sample_story_reads_as_described(client, sample):
    outline = _Outline(_get(client, sample.get_absolute_url()))

    assert outline.of("kicker") == ["Technology"]
    assert outline.of("story__headline") == [sample.headline]
    assert outline.of("byline__author") == ["Dan Thorp-Lancaster"]
    assert "23 February 2018" in outline.of("story__line")
    assert len(outline.of("writer-note")) == 1
    assert outline.of("discussion__count") == ["13 comments"]
    assert outline.of("comment__author") == ["Unnamed reader"] * 13
    assert outline.of("comment__meta").count("date unknown") == 13
    assert outline.of("comment__language") == ["pt"]
    assert len(outline.of("comment__cut")) == 1
    assert outline.deepest == 3


def test_sample_story_says_where_it_comes_from(client, sample):
    outline = _Outline(_get(client, sample.get_absolute_url()))

    source = sample.records.get().source
    assert outline.of("provenance__url") == [sample.source_url.removeprefix("https://")]
    assert outline.of("provenance__hash") == [source.sha256]
    assert source.note in outline.of("provenance")
    published = outline.of("provenance__facts")[3:5]
    assert published == [
        "23 February 2018.",
        "Set by an editor from the companies’ announcement of that day; "
        "the capture had no date.",
    ]
    assert outline.of("discussion__note")[0] == (
        "What readers said was kept, but not who they were, nor when they said it."
    )


def test_edited_links_are_marked_and_can_be_left_out(client, sample):
    html = _get(client, sample.get_absolute_url())
    captured = _get(
        client, reverse("comments:discussion", args=[sample.slug]) + "?order=captured"
    )

    assert html.count("Set by an editor: ") == 6
    assert len(_Outline(captured).of("comment__author")) == 13
    assert _Outline(captured).deepest == 1
    assert "in reply to" not in captured


@pytest.mark.parametrize("count", [1, 3, 50])
def test_article_query_count(
    client, make_article, make_comment, django_assert_num_queries, count
):
    article = make_article()
    parent = None
    for number in range(count):
        parent = make_comment(article=article, parent=parent if number % 3 else None)

    with django_assert_num_queries(2):
        _get(client, article.get_absolute_url())


@pytest.mark.parametrize("state", ["draft", "withdrawn", "future"])
def test_unpublished_story_answers_404(client, make_article, make_comment, state):
    article = make_article(headline="Secret plans")
    comment = make_comment(article=article, body="Secret words")
    at = timezone.now() + timedelta(hours=1) if state == "future" else None
    Article.objects.update(
        status="published" if at else state,
        published_at=at,
        published_precision="second" if at else "unknown",
    )

    for address in (
        article.get_absolute_url(),
        reverse("comments:discussion", args=[article.slug]),
        comment.get_absolute_url(),
    ):
        html = _get(client, address, status=404)
        assert "Secret" not in html
    assert "Secret" not in _get(client, "/")


def test_former_address_redirects_for_ever(client, make_article):
    article = make_article(slug="first")
    for slug in ("second", "third"):
        article.slug = slug
        article.save()

    for former in ("first", "second"):
        response = client.get(f"/articles/{former}/")

        assert (response.status_code, response["Location"]) == (301, "/articles/third/")


def test_former_address_leads_to_the_discussion_too(client, make_article):
    article = make_article(slug="first")
    article.slug = "second"
    article.save()

    for query in ("", "?order=newest&start=2"):
        response = client.get(f"/articles/first/discussion/{query}")

        assert (response.status_code, response["Location"]) == (
            301,
            f"/articles/second/discussion/{query}",
        )


def test_story_names_the_file_that_last_changed_it(client, db, tmp_path):
    header = {"type": "archive", "format": "newsroom-archive", "version": 1}
    for number, headline in enumerate(("First", "Second", "Second")):
        story = {"type": "article", "id": "1", "headline": headline}
        header["note"] = f"File {number}"
        lines = [header | {"origin": "example.org"}, story | {"status": "published"}]
        path = tmp_path / f"file-{number}.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)))
        import_file(path)

    html = _get(client, Article.objects.get().get_absolute_url())

    assert "file-1.jsonl" in html
    assert "file-0.jsonl" not in html
    assert "file-2.jsonl" not in html


@pytest.mark.parametrize(
    ("format", "words"),
    [
        ("jsonl", "from a Newsroom archive"),
        ("wxr", "from a WordPress export"),
        ("lost", "from a file of the format lost"),
    ],
)
def test_story_says_in_which_kind_of_file_it_came(client, sample, format, words):
    source = sample.records.get().source
    Source.objects.filter(pk=source.pk).update(format=format)

    outline = _Outline(_get(client, sample.get_absolute_url()))

    (taken_in,) = [text for text in outline.of("provenance__facts") if words in text]
    assert taken_in.endswith(f", {words}")


def test_story_names_its_file_also_when_that_was_read_again(client, sample):
    import_source(Source.objects.get(), again=True)

    html = _get(client, sample.get_absolute_url())

    assert "xiaomi-microsoft.jsonl" in html


def test_unchanged_page_is_answered_304(client, sample):
    first = client.get(sample.get_absolute_url())

    again = client.get(
        sample.get_absolute_url(), headers={"If-None-Match": first["ETag"]}
    )

    assert (again.status_code, again.content) == (304, b"")


def test_former_address_of_a_draft_answers_404(client, make_article):
    article = make_article(slug="first")
    article.slug, article.status = "second", "draft"
    article.save()

    _get(client, "/articles/first/", status=404)


def test_correction_is_shown_above_the_story(client, make_article):
    article = make_article(body="<p>The river fell.</p>")
    article.revise(note="An earlier version said it rose.", is_correction=True)
    article.revise(note="A comma.")

    outline = _Outline(_get(client, article.get_absolute_url()))

    assert outline.of("correction")[-1] == "An earlier version said it rose."
    assert "A comma." not in str(outline.texts)


@pytest.mark.parametrize("status", ["pending", "hidden", "spam"])
def test_hidden_comment_is_nowhere_but_keeps_its_place(client, make_comment, status):
    parent = make_comment(body="Secret words", author_name="Secret name")
    reply = make_comment(parent=parent, body="An answer")
    alone = make_comment(body="Secret alone", status=status)
    Comment.objects.filter(pk=parent.pk).update(status=status)

    story = parent.discussion.article
    html = _get(client, story.get_absolute_url())
    reply_page = _get(client, reply.get_absolute_url())

    for page in (html, reply_page, _get(client, "/")):
        assert "Secret" not in page
    assert _Outline(html).of("tombstone") == ["A comment that is not shown."]
    assert _Outline(html).of("comment__body") == ["An answer"]
    assert _Outline(html).of("discussion__count") == ["1 comment"]
    _get(client, parent.get_absolute_url(), status=404)
    _get(client, alone.get_absolute_url(), status=404)


def test_removed_comment_leaves_a_tombstone_with_its_reason(client, make_comment):
    parent = make_comment(body="Secret words", author_name="Secret name")
    make_comment(parent=parent, body="An answer")
    Comment.objects.filter(pk=parent.pk).set_status("removed", reason="An attack")

    html = _get(client, parent.discussion.article.get_absolute_url())
    page = _get(client, parent.get_absolute_url())

    today = f"{timezone.localdate():%-d %B %Y}"
    for shown in (html, page):
        assert "Secret" not in shown
        assert f"Removed by a moderator, {today}: An attack" in " ".join(shown.split())
    assert _Outline(html).of("comment__body") == ["An answer"]


def test_hostile_names_are_escaped_everywhere(client, make_article, make_comment):
    evil = '"><img src=x onerror=alert(1)>'
    article = make_article(headline=evil, standfirst=evil, published_note=evil)
    author = Author.objects.create(name=evil, slug="evil", biography=evil)
    Byline.objects.create(article=article, author=author)
    comment = make_comment(article=article, author_name=evil, language="en")
    reply = make_comment(parent=comment, author_name=evil, body=evil)
    Comment.objects.filter(pk=comment.pk).set_status("removed", reason=evil)

    for address in (
        "/",
        article.get_absolute_url(),
        reverse("comments:discussion", args=[article.slug]),
        comment.get_absolute_url(),
        reply.get_absolute_url(),
    ):
        assert "<img" not in _get(client, address)


def test_comment_page_shows_what_it_answers_and_its_replies(client, make_comment):
    top = make_comment(body="Top")
    middle = make_comment(parent=top, body="Middle")
    make_comment(parent=middle, body="Below")
    make_comment(parent=top, body="Elsewhere")

    outline = _Outline(_get(client, middle.get_absolute_url()))

    assert outline.of("comment__body") == ["Top", "Middle", "Below"]
    assert outline.of("answered")[-1] == "Top"


def test_comment_page_query_count(client, make_comment, django_assert_num_queries):
    parent = make_comment()
    for _ in range(3):
        parent = make_comment(parent=parent)

    with django_assert_num_queries(3):
        _get(client, parent.parent.get_absolute_url())


def _link(html, rel):
    """Return where the page's link of this relation leads, None without one."""
    found = re.search(rf'<a href="([^"]*)" rel="{rel}"', html)
    return unescape(found[1]) if found else None


def test_long_discussion_is_read_page_by_page(client, make_article, make_comment):
    article = make_article()
    top = make_comment(article=article, body="Start")
    Comment.objects.bulk_create(
        Comment(
            discussion_id=article.pk,
            parent=top,
            reply_basis="given",
            body=f"Remark {number}",
            status="public",
        )
        for number in range(2, 2 * PAGE_SIZE + 50)
    )

    seen, address, pages = [], article.get_absolute_url(), 0
    while address:
        html = _get(client, address)
        pages += 1
        seen += _Outline(html).of("comment__body")
        address = _link(html, "next")

    assert pages == 3
    assert seen == ["Start"] + [f"Remark {n}" for n in range(2, 2 * PAGE_SIZE + 50)]
    assert _Outline(html).of("tombstone")[-2:] == [
        "Unnamed reader",
        ", on an earlier page",
    ]


@pytest.mark.parametrize("query", ["start=0", "start=x", "start=99", "order=worst"])
def test_discussion_refuses_a_page_that_is_none(client, make_comment, query):
    article = make_comment().discussion.article
    address = reverse("comments:discussion", args=[article.slug])

    _get(client, f"{address}?{query}", status=404)


def test_page_not_found_offers_stories_by_the_words_of_the_address(
    client, make_article
):
    make_article(headline="The river rose at night")
    make_article(headline="Something else")
    make_article(headline="A river that is a secret", status="draft")

    html = _get(client, "/2018/02/rivers-at-risk", status=404)

    assert _Outline(html).of("notice__suggestions")[0] == "The river rose at night"
    assert "secret" not in html


def test_server_error_page_needs_no_database(client, settings):
    from django.template.loader import render_to_string

    html = render_to_string("500.html")

    assert _Outline(html).of("notice__heading") == ["Something broke on our side"]


def test_page_is_the_same_bytes_for_an_editor(client, admin_client, sample):
    address = sample.get_absolute_url()

    assert admin_client.get(address).content == client.get(address).content


def test_page_needs_no_inline_script_or_style(client, sample):
    response = client.get(sample.get_absolute_url())

    html = response.content.decode()
    assert "style=" not in html
    # Linked data is no script, and no policy takes it for one.
    scripts = re.findall(r"<script (type=\S+)([^>]*)>(.*?)</script>", html, re.DOTALL)
    run = [found for found in scripts if found[0] != 'type="application/ld+json"']
    assert len(scripts) == html.count("<script") == len(run) + 1
    assert [text for _, _, text in run] == [""] * 5
    assert all(attributes.startswith(" src=") for _, attributes, _ in run)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_sample_page_is_light(client, sample):
    assert len(client.get(sample.get_absolute_url()).content) < 40_000


def test_healthz_answers_ok(client, db):
    assert _get(client, "/healthz") == "ok"


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_reader_pages_cannot_be_written_to(client, sample, method):
    for address in ("/", sample.get_absolute_url(), "/comments/1/"):
        assert getattr(client, method)(address).status_code == 405


def test_interface_speaks_the_language_of_the_site(
    client, sample, settings, monkeypatch
):
    settings.LANGUAGE_CODE, settings.USE_I18N = "de", True
    # Whether there are translations is asked once in a process.
    monkeypatch.setattr(translation, "_trans", type(translation._trans)())

    with translation.override("de"):
        html = _get(client, sample.get_absolute_url())

    assert '<html lang="de" dir="ltr">' in html
    assert ">23. Februar 2018</time>" in html
    assert _Outline(html).of("discussion__count") == ["13 Kommentare"]
    assert f'<article class="story" lang="{sample.language}" dir="ltr">' in html


def test_page_runs_in_the_direction_of_its_language(client, make_article, make_comment):
    article = make_article(language="he")
    top = make_comment(article=article, language="he")
    reply = make_comment(parent=top, language="en")
    make_comment(parent=reply, language="tlh")

    story = _get(client, article.get_absolute_url())
    page = _get(client, reply.get_absolute_url())
    discussion = _get(client, f"{article.get_absolute_url()}discussion/?order=newest")

    assert _directions(story) == [
        ("story", "rtl"),
        ("discussion", "rtl"),
        ("comment", None),
        ("comment", "ltr"),
        ("comment", None),
    ]
    assert _directions(page) == [
        ("story__header--small", "rtl"),
        ("answered", "rtl"),
        ("answered__item", "rtl"),
        ("comment-page", "rtl"),
        ("comment--single", "ltr"),
        ("discussion", "rtl"),
        ("comment", None),
    ]
    assert _directions(discussion)[:2] == [
        ("story__header--small", "rtl"),
        ("discussion", "rtl"),
    ]


def _directions(html):
    """Return which blocks of a page run which way, by the last of their classes."""
    blocks = [
        (element.get("class", "").split(" ")[-1], element.get("dir"))
        for element in fromstring(html).iter("article", "section", "header", "li")
    ]
    return [(block, way) for block, way in blocks if block in DIRECTED]


def test_story_that_nobody_commented_on_counts_no_comments(
    client, make_article, make_comment
):
    silent = _get(client, make_article().get_absolute_url())
    discussed = _get(client, make_comment().discussion.article.get_absolute_url())

    assert '<a href="#discussion">' not in silent
    assert '<a href="#discussion">1 comment</a>' in discussed
