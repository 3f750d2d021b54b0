"""Disqus's export, read: what each record says, and what is doubted."""

import io
import re
from datetime import UTC, datetime
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.choices import Precision
from newsroom.archive.formats import disqus
from newsroom.archive.records import (
    UNKNOWN_TIME,
    ArticleRecord,
    CommentRecord,
    Condition,
    SourceRecord,
    Time,
)

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
SAID = Time(datetime(2014, 1, 15, 9, tzinfo=UTC), Precision.SECOND)


def export(*parts):
    return (
        '<?xml version="1.0"?><disqus xmlns="http://disqus.com"'
        f' xmlns:dsq="http://disqus.com/disqus-internals">{"".join(parts)}</disqus>'
    )


def fields(**texts):
    return "".join(f"<{name}>{text}</{name}>" for name, text in texts.items())


def thread(*parts, id=1, **texts):
    return f'<thread dsq:id="{id}">{fields(**texts)}{"".join(parts)}</thread>'


def post(*parts, id=5, on=1, **texts):
    refers = f'<thread dsq:id="{on}" />'
    return f'<post dsq:id="{id}">{fields(**texts)}{refers}{"".join(parts)}</post>'


def read(*parts):
    """Return the records of an export of these parts, without source and condition."""
    found = list(disqus.read(io.BytesIO(export(*parts).encode())))
    assert isinstance(found[0].record, SourceRecord)
    [*records, condition] = [one.record for one in found[1:]]
    comments = sum(isinstance(record, CommentRecord) for record in records)
    assert condition.opened == {"comment": comments, "other": len(records) - comments}
    return records


@pytest.mark.parametrize(
    "parts",
    [
        (thread(forum="ferries"), post()),
        ('<category dsq:id="1"><forum>ferries</forum></category>', post()),
    ],
    ids=["thread", "category"],
)
def test_source_is_the_forum(parts):
    [source, *_] = disqus.read(io.BytesIO(export(*parts).encode()))

    assert source.record == SourceRecord(origin="disqus:ferries", note=disqus.NOTE)


def test_export_without_a_record_has_its_source_and_books():
    found = list(disqus.read(io.BytesIO(export().encode())))

    assert [one.record for one in found] == [
        SourceRecord(note=disqus.NOTE),
        Condition(opened={"comment": 0, "other": 0}),
    ]


def test_post_is_read_with_all_that_is_known_of_it():
    author = fields(
        email="kari@example.org", name=" Kari ", isAnonymous="false", username="k"
    )

    [record] = read(
        post(
            f"<author>{author}</author>",
            '<parent dsq:id="4" />',
            id=9000000005,
            on=3,
            message="<![CDATA[<p>Well said.</p>]]>",
            createdAt="2014-01-15T09:00:00Z",
            isDeleted="true",
            isSpam="true",
            ipAddress="192.0.2.7",
        ).replace("<message>", "<id>wp_id=48</id><message>")
    )

    assert record == CommentRecord(
        id="9000000005",
        article="3",
        body="<p>Well said.</p>",
        body_format="html",
        parent="4",
        reply_basis="given",
        author_name="Kari",
        author_email="kari@example.org",
        author_ip="192.0.2.7",
        posted=SAID,
        status="spam",
        status_reason="deleted in Disqus",
        given_status="isDeleted; isSpam",
        also="wordpress:48",
    )


@pytest.mark.parametrize(
    ("deleted", "spam", "expected"),
    [
        ("false", "false", ("public", "", "")),
        ("true", "false", ("removed", "isDeleted", "deleted in Disqus")),
        ("false", "true", ("spam", "isSpam", "")),
    ],
)
def test_state_of_a_post_is_kept(deleted, spam, expected):
    [record] = read(post(isDeleted=deleted, isSpam=spam))

    assert (record.status, record.given_status, record.status_reason) == expected


def test_post_without_ids_is_known_by_its_place():
    data = export("<post><message>a</message></post>")

    [_, found, _] = disqus.read(io.BytesIO(data.encode()))

    start = data.index("<post>")
    assert found.record == CommentRecord(
        id=f"at byte {start}",
        article="",
        body="a",
        body_format="html",
        status="public",
    )
    assert data[found.start : found.end] == "<post><message>a</message></post>"


@pytest.mark.parametrize(
    ("given", "expected", "doubt"),
    [
        ("2014-01-15T09:00:00Z", SAID, ""),
        ("2014-01-15T09:00:00", SAID, ""),
        ("", UNKNOWN_TIME, ""),
        ("2014-02-31T09:00:00Z", UNKNOWN_TIME,
         "Its date “2014-02-31T09:00:00Z” is none"),
        ("soon", UNKNOWN_TIME, "Its date “soon” is none"),
    ],
)  # fmt: skip
def test_time_is_utc_or_unknown(given, expected, doubt):
    [record] = read(post(createdAt=given))

    assert (record.posted, record.doubt) == (expected, doubt)


def test_thread_is_a_story_of_its_title_with_its_addresses():
    [record] = read(
        thread(
            '<category dsq:id="1" />',
            id=3100000000,
            forum="ferries",
            link="https://ferries.example/7",
            title="The ferry",
            createdAt="2014-01-15T09:00:00Z",
            isClosed="true",
            isDeleted="false",
        ).replace("<forum>", "<id>12 http://ferries.example/?p=12</id><forum>")
    )

    assert record == ArticleRecord(
        id="3100000000",
        headline="The ferry",
        body="",
        status="published",
        given_status="isClosed",
        published=SAID,
        source_url="https://ferries.example/7",
        addresses=("https://ferries.example/7", "http://ferries.example/?p=12"),
    )


@pytest.mark.parametrize(
    ("texts", "headline", "addresses"),
    [
        ({"link": "https://f.example/7"}, "https://f.example/7",
         ("https://f.example/7",)),
        ({"link": "ferry"}, "ferry", ()),
        ({}, "Thread 1", ()),
    ],
)  # fmt: skip
def test_thread_without_a_title_is_called_what_is_known(texts, headline, addresses):
    [record] = read(thread(forum="ferries", **texts))

    assert (record.headline, record.addresses) == (headline, addresses)


def test_deleted_thread_is_a_draft():
    [record] = read(thread(title="The ferry", isDeleted="true"))

    assert (record.status, record.given_status) == ("draft", "isDeleted")


def test_each_thread_is_given_once_with_posts_or_without():
    records = read(
        thread(id=1, title="a"), thread(id=1, title="b"), post(on=1), post(id=6, on=99)
    )

    assert disqus.STORIES_NEED_COMMENTS
    assert [(type(one), one.id) for one in records] == [
        (ArticleRecord, "1"),
        (ArticleRecord, "1"),
        (CommentRecord, "5"),
        (CommentRecord, "6"),
    ]


def cdata(text):
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


_texts = st.text(
    st.characters(codec="utf-8", exclude_characters="\r"), max_size=60
) | st.sampled_from(
    ["]]>", "<post>", '<thread dsq:id="1">', "<!-- ", "&nbsp;&", "&#1;", "a\n\nb", "\0"]
)
_ways = st.sampled_from([cdata, escape])


@settings(max_examples=150, deadline=None, database=None)
@given(st.lists(st.tuples(_texts, _texts, _ways), max_size=5), _texts)
def test_what_is_written_is_read(written, title):
    posts = [
        post(f"<author><name>{way(name)}</name></author>", id=number, message=way(text))
        for number, (name, text, way) in enumerate(written, 1)
    ]

    [story, *answers] = read(thread(title=escape(title)), *posts)

    assert [(one.id, one.author_name, one.body) for one in answers] == [
        (str(number), kept(name).strip(), kept(text))
        for number, (name, text, _) in enumerate(written, 1)
    ]
    assert story.headline == (kept(title).strip() or "Thread 1")


def kept(text):
    """Return the text with what XML cannot hold replaced."""
    return FORBIDDEN.sub("\ufffd", text)
