"""Exports for WordPress: what our own reader finds in them, and what XML needs."""

import io
import json
import re
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from lxml import etree

from articles.models import Author, Section, Topic
from comments.models import Discussion
from comments.text import render
from newsroom.archive.exporting import Wanted, export
from newsroom.archive.exporting.selection import comment_rows
from newsroom.archive.exporting.wxr import (
    KINDS,
    STATUSES,
    as_wordpress,
    without_newlines,
)
from newsroom.archive.formats import recognise, wxr
from newsroom.archive.records import ArticleRecord, AuthorRecord, CommentRecord, Time

WP = "{http://wordpress.org/export/1.2/}"
SITE = "https://news.example"


def at(*args):
    return datetime(*args, tzinfo=UTC)


@pytest.fixture
def write(tmp_path, settings):
    """Return an exporter: the file's path out."""
    settings.SITE_NAME = "News & views"

    def write():
        folder = tmp_path / "export"
        export(folder, Wanted(format="wxr", site_url=f"{SITE}/"))
        return folder / "wordpress.xml"

    return write


def records_in(path, kind):
    with path.open("rb") as file:
        assert recognise(file) == "wxr"
        records = [found.record for found in wxr.read(file)]
    return [record for record in records if isinstance(record, kind)]


def parsed(path):
    """Return the channel, read by a parser that forgives nothing."""
    return etree.parse(path).getroot().find("channel")


def texts(element, *names):
    return [element.findtext(name.replace("wp:", WP)) for name in names]


def looks(html):
    """Return HTML as readers see it, and apart the texts whose newlines count.

    White space next to a block is not seen, and elsewhere any is a space.
    """
    preformatted = re.findall(r"<pre>(.*?)</pre>", html, re.DOTALL)
    blocks = r"\s*(</?(?:p|pre|ul|ol|li|blockquote)>)\s*"
    return re.sub(blocks, r"\1", " ".join(html.split())), preformatted


# For WordPress


def test_channel_says_what_wordpress_asks_for(make_article, write):
    make_article(language="nb")

    channel = parsed(write())

    names = ["title", "link", "language", "wp:wxr_version", "wp:base_site_url"]
    assert texts(channel, *names, "wp:base_blog_url") == [
        "News & views",
        SITE,
        "nb",
        "1.2",
        SITE,
        SITE,
    ]


def test_language_is_told_only_when_it_is_that_of_all(make_article, write):
    make_article(language="nb")
    make_article(language="en")

    assert parsed(write()).find("language") is None


def test_authors_sections_and_topics_are_declared(make_article, write):
    section = Section.objects.create(
        name="Sea & {id}", slug="sea", description="Ships."
    )
    story = make_article(section=section)
    story.topics.add(Topic.objects.create(name="Storms", slug="storms"))
    story.bylines.create(author=Author.objects.create(name="Ida Møe", slug="ida"))

    channel = parsed(write())

    author, category, tag = (
        channel.find(f"{WP}{name}") for name in ("author", "category", "tag")
    )
    assert [
        texts(author, "wp:author_id", "wp:author_login", "wp:author_display_name"),
        texts(
            category,
            "wp:term_id",
            "wp:category_nicename",
            "wp:cat_name",
            "wp:category_description",
        ),
        texts(tag, "wp:term_id", "wp:tag_slug", "wp:tag_name"),
    ] == [
        ["1", "ida", "Ida Møe"],
        ["2", "sea", "Sea & {id}", "Ships."],
        ["3", "storms", "Storms"],
    ]
    filed = [
        (term.get("domain"), term.get("nicename"), term.text)
        for term in channel.find("item").iterfind("category")
    ]
    assert filed == [
        ("category", "sea", "Sea & {id}"),
        ("post_tag", "storms", "Storms"),
    ]


def test_item_has_what_wordpress_reads(make_article, write):
    story = make_article(
        headline="Ferry < boat",
        slug="ferry",
        standfirst="At < last.",
        body="<p>It\nleft.</p>\n\n<pre>a\nb</pre>",
        published_at=at(2018, 2, 23, 9, 30, 15),
        published_precision="second",
    )
    Discussion.objects.filter(pk=story.pk).update(policy="premoderated")

    item = parsed(write()).find("item")

    assert texts(
        item, "title", "link", "guid", "pubDate", "{http://purl.org/rss/1.0/modules/content/}encoded",
        "{http://wordpress.org/export/1.2/excerpt/}encoded", "wp:post_id",
        "wp:post_date", "wp:post_date_gmt", "wp:comment_status", "wp:ping_status",
        "wp:post_name", "wp:status", "wp:post_parent", "wp:menu_order", "wp:post_type",
        "wp:post_password", "wp:is_sticky",
    ) == [
        "Ferry < boat", f"{SITE}/articles/ferry/", f"{SITE}/articles/ferry/",
        "Fri, 23 Feb 2018 09:30:15 +0000", "<p>It left.</p><pre>a&#10;b</pre>",
        "At &lt; last.", str(story.pk), "2018-02-23 09:30:15", "2018-02-23 09:30:15",
        "open", "closed", "ferry", "publish", "0", "0", "post", "", "0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "closes_at", "said"),
    [
        ("open", None, "open"),
        ("open", at(2018, 1, 1), "closed"),
        ("open", at(2999, 1, 1), "open"),
        ("closed", None, "closed"),
    ],
)
def test_item_says_whether_comments_are_open(
    make_article, write, policy, closes_at, said
):
    make_article()
    Discussion.objects.update(policy=policy, closes_at=closes_at)

    item = parsed(write()).find("item")

    assert texts(item, "wp:comment_status") == [said]


def test_comment_has_what_wordpress_reads_and_no_contact(make_comment, write):
    parent = make_comment()
    comment = make_comment(
        parent=parent,
        author_name="Kari & Ole",
        author_url="https://a.example/?x=1&y=2",
        body="Well ]]> said.\x01\ufffe",
        posted_at=at(2018, 2, 23, 9, 30, 15),
        posted_precision="second",
    )

    path = write()

    element = parsed(path).findall(f"item/{WP}comment")[1]
    assert {child.tag.removeprefix(WP): child.text or "" for child in element} == {
        "comment_id": str(comment.pk),
        "comment_author": "Kari & Ole",
        "comment_author_email": "",
        "comment_author_url": "https://a.example/?x=1&y=2",
        "comment_author_IP": "",
        "comment_date": "2018-02-23 09:30:15",
        "comment_date_gmt": "2018-02-23 09:30:15",
        "comment_content": "Well ]]&gt; said.\ufffd\ufffd",
        "comment_approved": "1",
        "comment_type": "comment",
        "comment_parent": str(parent.pk),
        "comment_user_id": "0",
    }
    assert "<![CDATA[https://a.example/?x=1&y=2]]>" in path.read_text()


def test_end_of_cdata_in_a_text_is_split(make_comment, write):
    make_comment(body="a ]]> b ]]]]>", body_format="wordpress")

    path = write()

    assert "<![CDATA[a ]]]]><![CDATA[> b ]]]]]]><![CDATA[>]]>" in path.read_text()
    [record] = records_in(path, CommentRecord)
    assert record.body == "a ]]> b ]]]]>"


@pytest.mark.parametrize(
    ("posted_at", "precision", "dates"),
    [
        (None, "unknown", ["0000-00-00 00:00:00"] * 2),
        (
            at(2018, 2, 23),
            "day",
            ["2018-02-23 00:00:00", "0000-00-00 00:00:00"],
        ),
        (at(987, 1, 1), "year", ["0987-01-01 00:00:00", "0000-00-00 00:00:00"]),
        (at(2018, 2, 23, 9, 30), "minute", ["2018-02-23 09:30:00"] * 2),
        (at(2018, 2, 23, 9, 30, 1, 9), "second", ["2018-02-23 09:30:01"] * 2),
    ],
)
def test_dates_claim_no_more_than_is_known(
    make_comment, write, posted_at, precision, dates
):
    make_comment(posted_at=posted_at, posted_precision=precision)

    comment = parsed(write()).find(f"item/{WP}comment")

    assert texts(comment, "wp:comment_date", "wp:comment_date_gmt") == dates


# Read back


def test_story_comes_back(make_article, write):
    section = Section.objects.create(name="Sea", slug="sea")
    story = make_article(
        headline="Ferry & “boat”",
        slug="ferry",
        standfirst="At last.",
        body="<p>It left.</p>",
        section=section,
        language="nb",
        published_at=at(2018, 2, 23, 9, 30, 15),
        published_precision="second",
    )
    story.bylines.create(author=Author.objects.create(name="Ida Møe", slug="ida"))

    path = write()

    [author] = records_in(path, AuthorRecord)
    [record] = records_in(path, ArticleRecord)
    assert (author.id, author.name) == ("ida", "Ida Møe")
    assert (
        record.id,
        record.headline,
        record.standfirst,
        record.body,
        record.language,
        record.status,
        record.published,
        record.source_url,
        record.authors or record.creators,
    ) == (
        str(story.pk),
        "Ferry & “boat”",
        "At last.",
        "<p>It left.</p>",
        "nb",
        "published",
        Time(at(2018, 2, 23, 9, 30, 15), "second"),
        f"{SITE}/articles/ferry/",
        ("ida",),
    )


@pytest.mark.parametrize(
    ("published_at", "precision"), [(None, "unknown"), (at(2018, 2, 23), "day")]
)
def test_story_without_an_exact_date_comes_back(
    make_article, write, published_at, precision
):
    make_article(published_at=published_at, published_precision=precision)

    [record] = records_in(write(), ArticleRecord)

    assert record.published == Time(published_at, precision)


@pytest.mark.parametrize("status", ["draft", "withdrawn"])
def test_story_that_is_not_public_comes_back_as_that(make_article, write, status):
    make_article(status=status)

    [record] = records_in(write(), ArticleRecord)

    assert record.status in ("draft", "withdrawn")


def test_thread_comes_back(make_article, make_comment, write):
    other = make_comment(article=make_article())
    first = make_comment(body="עדה 👩‍👩‍👧", author_name="Ada")
    second = make_comment(
        parent=first,
        posted_at=at(2018, 2, 23, 9, 30, 15),
        posted_precision="second",
        author_url="https://a.example/?x=1&y=2",
    )
    third = make_comment(parent=second, body="a < b &amp; c\n\n> d")

    records = records_in(write(), CommentRecord)

    expected = [other, first, second, third]
    assert [
        (
            record.id,
            record.article,
            record.parent,
            record.author_name,
            record.author_url,
            record.posted,
            render(record.body, record.body_format),
        )
        for record in records
    ] == [
        (
            str(comment.pk),
            str(comment.discussion_id),
            str(comment.parent_id or ""),
            comment.author_name,
            comment.author_url,
            Time(comment.posted_at, comment.posted_precision),
            comment.body_html,
        )
        for comment in expected
    ]


def test_ids_are_keys_unless_wordpress_would_forget_a_parent(
    make_article, make_comment, write
):
    sound = make_comment(article=make_article())
    first, second, third, fourth = (make_comment(body=text) for text in "abcd")
    for comment, parent in ((first, third), (third, second)):
        comment.parent, comment.reply_basis = parent, "edited"
        comment.save()

    records = records_in(write(), CommentRecord)

    keys = [str(comment.pk) for comment in (sound, first, second, third, fourth)]
    assert [(record.body, record.id, record.parent) for record in records] == [
        (sound.body, keys[0], ""),
        ("a", keys[3], keys[2]),
        ("b", keys[1], ""),
        ("c", keys[2], keys[1]),
        ("d", keys[4], ""),
    ]


def test_command_writes_for_wordpress(make_comment, tmp_path):
    make_comment()

    call_command(
        "export_archive",
        str(tmp_path / "export"),
        "--format=wxr",
        f"--site-url={SITE}",
        stdout=io.StringIO(),
    )

    manifest = json.loads((tmp_path / "export" / "manifest.json").read_text())
    assert (manifest["format"], manifest["version"], manifest["counts"]) == (
        "wxr",
        "1.2",
        {"article": 1, "comment": 1},
    )
    channel = parsed(tmp_path / "export" / "wordpress.xml")
    assert texts(channel, "wp:base_site_url") == [SITE]


def test_states_and_kinds_come_back(make_comment, write):
    given = [(status, "comment") for status in STATUSES]
    given += [(status, kind) for status in ("public", "hidden") for kind in KINDS]
    for status, kind in given:
        make_comment(status=status, kind=kind)

    records = records_in(write(), CommentRecord)

    def expected(status, kind):
        """The trash is hidden, and so is what is nothing for readers."""
        is_hidden = status == "removed" or kind in ("note", "other")
        return ("hidden" if is_hidden else status, kind)

    assert [(record.status, record.kind) for record in records] == [
        expected(*one) for one in given
    ]


BODIES = [
    ("text", "One <b>line</b> & more\nsecond\n\n\nthird\r\nfourth"),
    ("text", "  <p>not a block</p>\n<pre>\n\nnot either</pre>"),
    ("text", "عربي\n\n中文 \u2028 👍"),
    ("wordpress", "One\ntwo\n\n<blockquote>three\n\nfour</blockquote>five"),
    (
        "markdown",
        "# Head\n\none\ntwo  \nthree\n\n* a\n* b\n\n    code\n\n    more\n\n> q",
    ),
    ("markdown", "`one`\n\n```\na\n\n\nb\n```\nend"),
    ("html", "Hello <b>you</b>\n\nand\nyou"),
    ("html", "<p>One\n\ntwo</p>three<pre>a\n\n b</pre>four <i>five</i>"),
    ("html", "<ul>\n<li>a\n\nb</li>\n\n<li><pre>x\ny</pre>z</li></ul>"),
    ("html", "<blockquote><p>a</p>\n\n<p>b</p></blockquote>\n\nend"),
    ("html", "<pre>only\n\n\nthis</pre>"),
    ("html", ""),
]


@pytest.mark.parametrize(("body_format", "body"), BODIES)
def test_text_looks_the_same_when_it_comes_back(make_comment, write, body_format, body):
    comment = make_comment(body=body, body_format=body_format)

    [record] = records_in(write(), CommentRecord)

    assert looks(render(record.body, record.body_format)) == looks(comment.body_html)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>a\nb</p>\n\n<p>c</p>", "<p>a b</p> <p>c</p>"),
        ("a <b>b</b>", "<!-- -->a <b>b</b>"),
        ("<p>a</p><pre>b\r\nc</pre>d", "<p>a</p><pre>b&#10;c</pre><!-- -->d"),
        ("", ""),
    ],
)
def test_html_is_written_without_newlines(html, expected):
    assert without_newlines(html) == expected


def test_plain_text_is_escaped_and_keeps_its_newlines(make_comment):
    comment = make_comment(body='a < "b"\n\n& c')

    [row] = comment_rows([comment.discussion_id])

    assert as_wordpress(row) == 'a &lt; "b"\n\n&amp; c'
