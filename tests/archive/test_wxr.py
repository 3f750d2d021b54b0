"""WordPress's export, read: what each record says, and what is doubted."""

import io
import re
from datetime import UTC, datetime
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.choices import Precision
from newsroom.archive.formats import wxr
from newsroom.archive.records import (
    UNKNOWN_TIME,
    ArticleRecord,
    AttachmentRecord,
    AuthorRecord,
    CommentRecord,
    Condition,
    SourceRecord,
    TermRecord,
    Time,
    Unreadable,
)

ZERO = "0000-00-00 00:00:00"
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
TWICE = "Its text may have been encoded twice"


def export(
    *parts, head="<wp:base_blog_url>https://www.F.example/a/</wp:base_blog_url>"
):
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"'
        ' xmlns:wp="http://wordpress.org/export/1.2/"'
        ' xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><language>en-GB</language>{head}{''.join(parts)}</channel></rss>"
    )


def fields(**texts):
    """Return elements of WordPress's with these texts."""
    return "".join(f"<wp:{name}>{text}</wp:{name}>" for name, text in texts.items())


def item(*parts, id=7, **texts):
    return f"<item>{fields(post_id=id, **texts)}{''.join(parts)}</item>"


def comment(id=1, **texts):
    texts = {f"comment_{name}": text for name, text in ({"id": id} | texts).items()}
    return f"<wp:comment>{fields(**texts)}</wp:comment>"


def read(*parts, **options):
    """Return the records of an export of these parts, without source and condition."""
    data = export(*parts, **options).encode()
    found = list(wxr.read(io.BytesIO(data)))
    assert isinstance(found[0].record, SourceRecord)
    [*records, condition] = found[1:]
    comments = [
        one for one in records
        if isinstance(one.record, CommentRecord)
        or (isinstance(one.record, Unreadable) and one.record.kind == "comment")
    ]  # fmt: skip
    assert condition.record.opened == {
        "comment": len(comments),
        "other": len(records) - len(comments),
    }
    return [one.record for one in records]


def read_comment(*parts, **texts):
    [*_, record, _] = read(item(comment(**texts), *parts))
    return record


def test_source_is_the_site():
    found = list(wxr.read(io.BytesIO(export(item()).encode())))

    assert found[0].record == SourceRecord(
        origin="wordpress:f.example/a", url="https://www.F.example/a/", note=wxr.NOTE
    )


@pytest.mark.parametrize(
    ("made", "pub_date", "expected"),
    [
        ("2012-08-29 18:15", "Wed, 29 Aug 2012 18:15:01 +0000",
         Time(datetime(2012, 8, 29, 18, 15, 1, tzinfo=UTC), "second")),
        # That of the last story.
        ("2012-08-29 18:15", "Mon, 25 Jun 2007 11:30:05 +0000",
         Time(datetime(2012, 8, 29, tzinfo=UTC), "day")),
        ("2012-08-29 18:15", "", Time(datetime(2012, 8, 29, tzinfo=UTC), "day")),
        ("2012-18-29 18:15", "Wed, 29 Aug 2012 18:15:01 +0000", UNKNOWN_TIME),
        (None, "Wed, 29 Aug 2012 18:15:01 +0000", UNKNOWN_TIME),
    ],
)  # fmt: skip
def test_source_says_when_it_was_made(made, pub_date, expected):
    text = export(item(), head=f"<pubDate>{pub_date}</pubDate>")
    if made:
        comment = f'?><!-- generator="WordPress/3.3.1" created="{made}" -->'
        text = text.replace("?>", comment, 1)

    found = next(wxr.read(io.BytesIO(text.encode())))

    assert found.record.captured == expected


def test_export_without_a_record_has_its_source_and_books():
    found = list(wxr.read(io.BytesIO(export().encode())))

    assert [one.record for one in found] == [
        SourceRecord(note=wxr.NOTE),
        Condition(opened={"comment": 0, "other": 0}),
    ]


# Comments


def test_comment_is_read_with_all_that_is_known_of_it():
    meta = (
        "<wp:commentmeta><wp:meta_key>{}</wp:meta_key>"
        "<wp:meta_value>{}</wp:meta_value></wp:commentmeta>"
    )
    written = comment(
        4,
        author=" Kari ",
        author_email="kari@example.org",
        author_url="https://kari.example",
        author_IP="192.0.2.7",
        date="2014-01-15 10:00:00",
        date_gmt="2014-01-15 09:00:00",
        content="<![CDATA[One\n\n<b>two</b> & ]]]]><![CDATA[>]]>",
        approved="0",
        type="review",
        parent="3",
    ).replace(
        "</wp:comment>",
        meta.format("akismet", 1) + meta.format("dsq_post_id", 88) + "</wp:comment>",
    )

    records = read(item(written))

    assert records[0] == CommentRecord(
        id="4",
        article="7",
        body="One\n\n<b>two</b> & ]]>",
        body_format="wordpress",
        parent="3",
        reply_basis="given",
        author_name="Kari",
        author_url="https://kari.example",
        author_email="kari@example.org",
        author_ip="192.0.2.7",
        language="en-GB",
        posted=Time(datetime(2014, 1, 15, 9, tzinfo=UTC), Precision.SECOND),
        status="pending",
        given_status="0",
        kind="other",
        given_kind="review",
        also="disqus:88",
    )


def test_comment_with_next_to_nothing_is_read():
    data = export(item("<wp:comment><wp:x/></wp:comment>"))

    [found] = [
        one for one in wxr.read(io.BytesIO(data.encode()))
        if isinstance(one.record, CommentRecord)
    ]  # fmt: skip

    assert found.record == CommentRecord(
        id=f"at byte {data.index('<wp:comment>')}",
        article="7",
        body="",
        body_format="wordpress",
        language="en-GB",
    )


def test_tags_that_were_not_escaped_stay_in_the_text():
    record = read_comment(content="Fish &amp; <b>chips</b><wp:i/>!")

    assert record.body == "Fish &amp; <b>chips</b><wp:i/>!"


def test_comment_outside_of_a_story_is_set_aside():
    assert read(comment(4)) == [
        Unreadable(kind="comment", id="4", reason="It stands outside of a story")
    ]


def test_address_for_comments_is_no_comment():
    wfw = 'xmlns:wfw="http://wellformedweb.org/CommentAPI/"'

    assert len(read(item(f"<wfw:comment {wfw}>https://f.example</wfw:comment>"))) == 1


def test_text_encoded_twice_is_doubted_and_stays():
    record = read_comment(content="caf\u00c3\u00a9", date=ZERO)

    assert record.body == "caf\u00c3\u00a9"
    assert record.doubt == f"Its date “{ZERO}” is none; {TWICE}"


def test_two_comments_of_one_id_are_both_read():
    records = read(item(comment(1, content="a"), comment(1, content="b")))

    assert [(one.id, one.body) for one in records[:2]] == [("1", "a"), ("1", "b")]


# Times


def at(*numbers, precision=Precision.SECOND):
    return Time(datetime(*numbers, tzinfo=UTC), precision)


@pytest.mark.parametrize(
    ("gmt", "local", "expected", "doubt"),
    [
        ("2014-01-15 09:00:05", "", at(2014, 1, 15, 9, 0, 5), ""),
        (ZERO, ZERO, UNKNOWN_TIME, f"Its date “{ZERO}” is none"),
        ("", "", UNKNOWN_TIME, ""),
        ("-0001-11-30 00:00:00", "", UNKNOWN_TIME,
         "Its date “-0001-11-30 00:00:00” is none"),
        ("2014-02-31 09:00:00", "", UNKNOWN_TIME,
         "Its date “2014-02-31 09:00:00” is none"),
        ("soon", "later", UNKNOWN_TIME, "Its date “later” is none"),
        (ZERO, "2014-01-15 10:00:05", at(2014, 1, 15, precision=Precision.DAY),
         "Its time of day is of an unknown zone"),
    ],
)  # fmt: skip
def test_time_is_as_exact_as_the_file_tells(gmt, local, expected, doubt):
    record = read_comment(date=local, date_gmt=gmt)

    assert (record.posted, record.doubt) == (expected, doubt)


def test_local_time_is_reckoned_as_others_of_its_month_show():
    def dated(local, gmt):
        return comment(date=f"{local}:00:00", date_gmt=f"{gmt}:00:00" if gmt else ZERO)

    winter, summer = "2014-01-15 1", "2014-07-15 1"
    records = read(
        item(
            dated(f"{winter}0", "2014-01-15 09"),
            dated(f"{summer}0", "2014-07-15 08"),
            dated(f"{winter}5", ""),
            dated(f"{summer}5", ""),
            dated("2015-03-01 15", ""),
        )
    )

    hours = [one.posted.at.hour for one in records[2:5]]
    assert hours == [14, 13, 13]
    assert [one.posted.precision for one in records[2:5]] == [Precision.SECOND] * 3
    assert [one.doubt for one in records[1:4]] == [
        "",
        "Its time is reckoned from a local time, taken as UTC+1 hours",
        "Its time is reckoned from a local time, taken as UTC+2 hours",
    ]


def test_absurd_difference_of_two_dates_is_no_zone():
    records = read(
        item(
            comment(date="2014-01-15 10:00:00", date_gmt="2014-03-15 09:00:00"),
            comment(date="2014-01-15 10:00:00", date_gmt=ZERO),
        )
    )

    assert records[1].posted.precision == Precision.DAY


def test_story_is_dated_by_the_feed_when_wordpress_does_not():
    dates = {"post_date": ZERO, "post_date_gmt": ZERO}
    of_feed = "<pubDate>Tue, 14 Jan 2014 18:31:03 +0100</pubDate>"
    none = "<pubDate>Mon, 30 Nov -0001 00:00:00 +0000</pubDate>"

    dated, undated = read(item(of_feed, **dates), item(none, id=8, **dates))

    assert dated.published == at(2014, 1, 14, 17, 31, 3)
    assert (undated.published, undated.doubt) == (
        UNKNOWN_TIME,
        f"Its date “{ZERO}” is none",
    )


# Stories and what else there is


def test_story_is_read_with_its_terms_and_addresses():
    parts = (
        "<title>The ferry</title><link>https://f.example/7/</link>"
        '<guid isPermaLink="false">https://f.example/?p=7</guid>'
        "<dc:creator>ida</dc:creator>"
        "<excerpt:encoded><![CDATA[<p>Short</p>]]></excerpt:encoded>"
        "<content:encoded><![CDATA[One\n\ntwo]]></content:encoded>"
        "<category>Sea</category><category>Old</category>"
        '<category domain="category" nicename="sea">Sea</category>'
        '<category domain="post_tag" nicename="storm">Storm</category>'
        '<category domain="post_format" nicename="aside">Aside</category>'
    )
    texts = {"status": "publish", "post_password": "x", "post_type": "post"}

    [record] = read(item(parts, post_date_gmt="2014-01-14 17:31:03", **texts))

    assert record == ArticleRecord(
        id="7",
        headline="The ferry",
        body="<p>One</p>\n<p>two</p>",
        standfirst="Short",
        language="en-GB",
        status="draft",
        given_status="publish; password",
        terms=(
            ("category", "Sea"),
            ("tag", "Storm"),
            ("post_format", "Aside"),
            ("category", "Old"),
        ),
        creators=("ida",),
        published=at(2014, 1, 14, 17, 31, 3),
        source_url="https://f.example/7/",
        addresses=("https://f.example/7/", "https://f.example/?p=7"),
    )


def test_uncategorized_story_is_filed_nowhere():
    parts = (
        "<title>The ferry</title><category>Uncategorized</category>"
        '<category domain="category" nicename="uncategorized">Uncategorized</category>'
    )

    [record] = read(item(parts))

    assert record.terms == ()


def test_excerpt_before_the_text_is_not_taken_for_it():
    parts = (
        "<excerpt:encoded>Short</excerpt:encoded>"
        "<content:encoded>Long</content:encoded>"
    )

    [record] = read(item(parts))

    assert (record.standfirst, record.body) == ("Short", "<p>Long</p>")


def test_creator_with_a_record_of_its_own_is_an_author():
    written = f"<wp:author>{fields(author_login='ida', author_display_name='Ida Moe')}"

    author, story = read(f"{written}</wp:author>", item("<dc:creator>ida</dc:creator>"))

    assert author == AuthorRecord(id="ida", name="Ida Moe")
    assert (story.authors, story.creators) == (("ida",), ())


def test_author_without_a_login_is_known_by_number_and_never_by_mail():
    written = fields(author_id=3, author_email="ida@f.example")

    assert read(f"<wp:author>{written}</wp:author>") == [
        AuthorRecord(id="3", name="Author 3")
    ]


def test_authors_and_terms_are_only_those_of_wordpress_in_the_channel():
    podcast = 'xmlns:itunes="https://itunes.example"'
    channel = (
        f"<itunes:author {podcast}>Ida</itunes:author><category>News</category>"
        f'<itunes:category {podcast} text="News"><itunes:category text="Sea"/>'
        "</itunes:category>"
    )

    records = read(channel, item("<wp:author>ida</wp:author>"))

    assert [type(one) for one in records] == [ArticleRecord]


@pytest.mark.parametrize(
    ("name", "texts", "expected"),
    [
        ("category", {"term_id": 3, "category_nicename": "sea", "cat_name": "Sea",
                      "category_description": "Of it"},
         TermRecord(id="3", taxonomy="category", name="Sea", description="Of it")),
        ("category", {"category_nicename": "sea"},
         TermRecord(id="category:sea", taxonomy="category", name="sea")),
        ("tag", {"term_id": 4, "tag_slug": "storm", "tag_name": "Storm"},
         TermRecord(id="4", taxonomy="tag", name="Storm")),
        ("term", {"term_id": 5, "term_taxonomy": "series", "term_name": "North"},
         TermRecord(id="5", taxonomy="series", name="North")),
        ("term", {"term_id": 6, "term_taxonomy": "post_tag", "term_name": "Wind"},
         TermRecord(id="6", taxonomy="tag", name="Wind")),
    ],
)  # fmt: skip
def test_terms_are_read(name, texts, expected):
    assert read(f"<wp:{name}>{fields(**texts)}</wp:{name}>") == [expected]


def test_attachment_is_known_by_its_address_unless_it_was_commented_on():
    picture = {"post_type": "attachment", "status": "inherit", "post_parent": 7}
    address = "https://f.example/ferry.jpg"

    alone, _, story = read(
        item("<title>Ferry</title>", id=8, attachment_url=address, **picture),
        item(comment(), id=9, **picture),
    )

    assert alone == AttachmentRecord(
        id="8", address=address, title="Ferry", article="7"
    )
    assert (type(story), story.id, story.status) == (ArticleRecord, "9", "published")


def test_menu_is_set_aside():
    assert read(item(post_type="nav_menu_item")) == [
        Unreadable(kind="other", id="7", reason="Not a story but of type nav_menu_item")
    ]


def test_story_with_comments_before_its_id_keeps_one_id():
    written = f"<item><link>https://f.example/7</link>{comment()}{fields(post_id=7)}"

    answer, story = read(f"{written}</item>")

    assert answer.article == story.id


def test_story_that_the_file_ends_within_is_kept_for_its_comments():
    data = export(item(comment(1), comment(2))).encode()
    cut = data[: data.rindex(b"</wp:comment_id>")]

    records = [found.record for found in wxr.read(io.BytesIO(cut))][1:]

    assert [type(record) for record in records] == [
        CommentRecord,
        ArticleRecord,
        Unreadable,
        Condition,
    ]
    assert "The file ends within it" in records[1].doubt
    assert records[3].opened == {"comment": 2, "other": 1}


# Whatever is written


def cdata(text):
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


_characters = st.characters(codec="utf-8", exclude_characters="\r")
_texts = st.text(_characters, max_size=60) | st.sampled_from(
    [
        "]]>",
        "<wp:comment>",
        "</item>",
        "<!-- ",
        "&eacute;&amp;&",
        "&#1;",
        "a\n\nb",
        "\0",
    ]
)
_ways = st.sampled_from([cdata, escape])


@settings(max_examples=150, deadline=None, database=None)
@given(st.lists(st.tuples(_texts, _texts, _ways), max_size=5), _texts)
def test_what_is_written_is_read(written, title):
    comments = [
        comment(number, author=way(name), content=way(text))
        for number, (name, text, way) in enumerate(written, 1)
    ]

    [*answers, story] = read(item(f"<title>{cdata(title)}</title>", *comments))

    assert [(one.author_name, one.body) for one in answers] == [
        (kept(name).strip(), kept(text)) for name, text, _ in written
    ]
    assert story.headline == (kept(title).strip() or "Untitled (7)")


def kept(text):
    """Return the text with what XML cannot hold replaced."""
    return FORBIDDEN.sub("\ufffd", text)
