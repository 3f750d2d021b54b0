"""WordPress's and Disqus's exports: each rule on a small file, and the real ones."""

import io
import json
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from articles.models import Article
from comments.models import Comment, CommentContact
from newsroom.archive.formats import FORMATS, recognise
from newsroom.archive.importing import import_file
from newsroom.archive.models import Change, Record, Source, sources_storage
from newsroom.archive.records import (
    CommentRecord,
    Condition,
    SourceRecord,
    Unreadable,
)
from newsroom.archive.unpacking import fragment, unpack

SHARED = Path(settings.BASE_DIR).parent / "shared"

# File, stories and other items, comments: what its maker says it holds.
REAL_WXR = [
    ("themeunittestdata.wordpress.xml", 180, 32),
    ("theme-unit-test-data.xml", 186, 33),
    ("a11y-unit-test-data.xml", 154, 29),
    ("real-cc-archive__labs_wordpress.xml", 224, 181),
    ("real-bhardin__spotthevuln_wordpress.xml", 213, 172),
    ("real-charleso__blog_wordpress.xml", 24, 33),
    ("isso-wordpress.xml", 3, 8),
    ("pelican-wordpressexport.xml", 20, 4),
]
REAL_DISQUS = [
    ("isso-disqus.xml", 3, 6),
    # Its last post has an attribute without quotation marks: the file ends there.
    ("disqus.xml", 2, 6),
    ("real-dorukgezici__yesilmavihayat.xml", 1, 51),
    ("disqus-ok-single.xml.gz", 1, 1),
    ("disqus-ok-empty.xml.gz", 0, 0),
]
# No sound export, and said to be so; or nothing is in it.
REFUSED = {
    "disqus-bad-format.xml.gz",
    "malformed-simple.xml",
    "wordpress-bad-format.zip",
    "wordpress-bad-no-files.zip",
    "wordpress-bad-two-files.zip",
    "wordpress-ok-empty.zip",
}


def wxr(*items, version="1.2"):
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"'
        f' xmlns:wp="http://wordpress.org/export/{version}/"'
        f' xmlns:excerpt="http://wordpress.org/export/{version}/excerpt/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        "<title>Ferries</title><link>https://ferries.example</link>"
        "<language>en-GB</language>"
        "<wp:base_blog_url>https://ferries.example</wp:base_blog_url>"
        "<wp:author><wp:author_login>ida</wp:author_login>"
        "<wp:author_display_name><![CDATA[Ida Moe]]></wp:author_display_name>"
        f"</wp:author>{''.join(items)}</channel></rss>"
    )


def item(*comments, id=7, body="It left.", **fields):
    fields = {
        "post_type": "post",
        "status": "publish",
        "post_date": "2014-01-14 18:31:03",
        "post_date_gmt": "2014-01-14 17:31:03",
    } | fields
    terms = fields.pop("terms", "")
    return (
        f"<item><title>The ferry</title><link>https://ferries.example/{id}</link>"
        f"<dc:creator>ida</dc:creator><content:encoded><![CDATA[{body}]]>"
        f"</content:encoded><wp:post_id>{id}</wp:post_id>{terms}"
        + "".join(f"<wp:{name}>{text}</wp:{name}>" for name, text in fields.items())
        + "".join(comments)
        + "</item>"
    )


def comment(id, parent=0, body="Well said.", **fields):
    fields = {
        "comment_author": "Kari",
        "comment_author_email": "kari@example.org",
        "comment_author_IP": "192.0.2.7",
        "comment_date": "2014-01-15 10:00:00",
        "comment_date_gmt": "2014-01-15 09:00:00",
        "comment_approved": "1",
        "comment_type": "",
        "comment_parent": parent,
        "comment_content": f"<![CDATA[{body}]]>",
    } | fields
    inner = "".join(f"<wp:{name}>{text}</wp:{name}>" for name, text in fields.items())
    return f"<wp:comment><wp:comment_id>{id}</wp:comment_id>{inner}</wp:comment>"


@pytest.fixture
def take_in(db, tmp_path):
    """Return a taker-in of an export's text."""

    def take(text, name="export.xml"):
        path = tmp_path / name
        path.write_text(text)
        return import_file(path)

    return take


def books(ledger):
    """Return a ledger without its columns of zero and without new and changed."""
    return {
        kind: {
            column: count
            for column, count in counts.items()
            if count and column not in Change.values
        }
        for kind, counts in ledger.as_json().items()
    }


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_wordpress_story_is_taken_in_with_its_discussion(take_in, version):
    terms = (
        '<category domain="category">Sea</category>'
        '<category domain="category">Weather</category>'
        '<category domain="post_tag">Storm</category>'
    )
    export = wxr(item(comment(2, parent=1), comment(1), terms=terms), version=version)

    ledger = take_in(export)

    article = Article.objects.get()
    assert books(ledger) == {
        "author": {"found": 1, "public": 1},
        "article": {"found": 1, "public": 1},
        "comment": {"found": 2, "public": 2},
    }
    assert (article.headline, article.body) == ("The ferry", "<p>It left.</p>")
    assert (article.status, article.language) == ("published", "en-GB")
    assert article.published_at == datetime(2014, 1, 14, 17, 31, 3, tzinfo=UTC)
    assert article.section.name == "Sea"
    assert [topic.name for topic in article.topics.all()] == ["Storm", "Weather"]
    assert [byline.author.name for byline in article.bylines.all()] == ["Ida Moe"]
    assert article.source_url == "https://ferries.example/7"
    assert list(
        Comment.objects.in_reading_order().values_list("number", "path", "author_name")
    ) == [(2, [2], "Kari"), (1, [2, 1], "Kari")]
    assert Source.objects.get().origin == "wordpress:ferries.example"


def test_wordpress_newlines_make_paragraphs(take_in):
    take_in(wxr(item(comment(1, body="One\ntwo\n\n<b>three</b>"))))

    [stored] = Comment.objects.all()
    assert stored.body == "One\ntwo\n\n<b>three</b>"
    assert stored.body_html == "<p>One<br>two</p>\n<p><b>three</b></p>"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "publish"}, "published"),
        ({"status": "publish", "post_password": "x"}, "draft"),
        ({"status": "private"}, "draft"),
        ({"status": "future"}, "draft"),
        ({"status": "pending"}, "draft"),
        ({"status": "trash"}, "draft"),
        ({"status": "no-such"}, "draft"),
    ],
)
def test_only_what_is_clearly_public_is_published(take_in, fields, status):
    take_in(wxr(item(**fields)))

    assert Article.objects.get().status == status


@pytest.mark.parametrize(
    ("approved", "kind", "expected"),
    [
        ("1", "", ("public", "comment")),
        ("1", "comment", ("public", "comment")),
        ("0", "", ("pending", "comment")),
        ("spam", "", ("spam", "comment")),
        ("trash", "", ("hidden", "comment")),
        ("", "", ("hidden", "comment")),
        ("1", "pingback", ("public", "pingback")),
        ("1", "trackback", ("public", "trackback")),
        ("1", "note", ("hidden", "note")),
        ("1", "like", ("hidden", "other")),
    ],
)
def test_state_and_kind_of_a_wordpress_comment_are_kept(
    take_in, approved, kind, expected
):
    take_in(wxr(item(comment(1, comment_approved=approved, comment_type=kind))))

    assert Comment.objects.values_list("status", "kind").get() == expected


def test_zero_dates_are_unknown_and_local_dates_are_days(take_in):
    zero = {"comment_date": "0000-00-00 00:00:00"}
    zero["comment_date_gmt"] = zero["comment_date"]

    take_in(
        wxr(
            item(
                comment(1, **zero),
                comment(2, comment_date_gmt="0000-00-00 00:00:00"),
                post_date_gmt="0000-00-00 00:00:00",
                post_date="0000-00-00 00:00:00",
            )
        )
    )

    assert list(
        Comment.objects.order_by("number").values_list("posted_at", "posted_precision")
    ) == [(None, "unknown"), (datetime(2014, 1, 15, tzinfo=UTC), "day")]
    assert Article.objects.get().published_precision == "unknown"


def test_attachment_is_kept_as_a_record_unless_it_was_commented_on(take_in):
    address = "https://ferries.example/ferry.jpg"
    picture = {"post_type": "attachment", "status": "inherit"}

    take_in(
        wxr(
            item(id=8, attachment_url=address, **picture),
            item(comment(1), id=9, **picture),
        )
    )

    kept = Record.objects.get(kind="attachment")
    assert (kept.outcome, kept.reason) == ("hidden", address)
    assert Article.objects.get().discussion.comment_count == 1


def test_addresses_of_people_stay_in_the_kept_file(take_in, client):
    take_in(wxr(item(comment(1))))

    page = client.get(Article.objects.get().get_absolute_url()).content.decode()
    source, record = Source.objects.get(), Record.objects.get(kind="comment")
    with sources_storage().open(source.file.name) as file:
        raw = fragment(file, source.size, record.member, record.start, record.end)
    assert "kari@example.org" in raw
    assert not CommentContact.objects.exists()
    assert "kari@" not in page
    assert "192.0.2.7" not in page


def test_cut_off_export_ends_in_status_three(db, tmp_path, capsys):
    export = wxr(item(comment(1), comment(2)), item(comment(3), id=8))
    path = tmp_path / "export.xml"
    path.write_text(export[: export.index("Well said.", export.index("id>3<")) + 4])

    with pytest.raises(CommandError) as failure:
        call_command("import_archive", path)

    assert failure.value.returncode == 3
    assert Comment.objects.count() == 2
    assert Source.objects.get().ends_early != ""
    assert list(Record.objects.filter(outcome="set_aside").values_list("kind")) == [
        ("other",),
        ("comment",),
    ]
    assert "The file ends early: " in capsys.readouterr().out


def test_export_that_cannot_be_read_at_all_is_refused(take_in):
    with pytest.raises(Exception, match="The XML cannot be read"):
        take_in(wxr().replace("<language>", "<language"))

    assert not Source.objects.exists()


def test_repairs_are_kept_with_the_source(take_in):
    take_in(wxr(item(comment(1, comment_author_url="http://a.example/?x=1&y=2"))))

    assert Comment.objects.get().author_url == "http://a.example/?x=1&y=2"
    assert Source.objects.get().repairs["counts"] == {"bare & escaped": 1}


def disqus(*records):
    return (
        '<?xml version="1.0"?><disqus xmlns="http://disqus.com"'
        f' xmlns:dsq="http://disqus.com/disqus-internals">{"".join(records)}</disqus>'
    )


def thread(id, title="The ferry"):
    return (
        f'<thread dsq:id="{id}"><id/><forum>ferries</forum><title>{title}</title>'
        f"<link>https://ferries.example/{id}</link>"
        "<createdAt>2014-01-14T17:31:03Z</createdAt></thread>"
    )


def post(id, on=1, parent=None, deleted="false", spam="false"):
    answers = f'<parent dsq:id="{parent}"/>' if parent else ""
    return (
        f'<post dsq:id="{id}"><id/><message><![CDATA[<p>Well said.</p>]]></message>'
        f"<createdAt>2014-01-15T09:00:00Z</createdAt><isDeleted>{deleted}</isDeleted>"
        f"<isSpam>{spam}</isSpam><author><name>Kari</name></author>"
        f'<thread dsq:id="{on}"/>{answers}</post>'
    )


def test_disqus_posts_are_taken_in(take_in):
    ledger = take_in(
        disqus(
            thread(1),
            thread(2, "Nobody spoke"),
            post(5, parent=4),
            post(4, deleted="true"),
            post(6, spam="true"),
            post(7, on=1337),
        )
    )

    assert books(ledger) == {
        "article": {"found": 2, "public": 1, "set_aside": 1},
        "comment": {"found": 4, "public": 2, "hidden": 2},
    }
    assert list(Article.objects.order_by("pk").values_list("headline", "status")) == [
        ("The ferry", "published"),
        ("Story 1337", "draft"),
    ]
    assert list(
        Comment.objects.in_reading_order().values_list("path", "status", "body_html")
    ) == [
        ([2], "removed", "<p>Well said.</p>"),
        ([2, 1], "public", "<p>Well said.</p>"),
        ([3], "spam", "<p>Well said.</p>"),
        ([1], "public", "<p>Well said.</p>"),
    ]


def test_second_disqus_thread_of_an_id_is_set_aside(take_in):
    take_in(disqus(thread(1), thread(1, "Again"), post(2)))

    assert Record.objects.get(outcome="set_aside").reason == (
        "A thread without a comment"
    )


# Real files, which are not in the project


def read_whole(path):
    """Return the records of a file with what stands in their places, and the books."""
    records, opened = [], Counter()
    with path.open("rb") as file:
        for part in unpack(file, path.stat().st_size):
            data = part.read()
            read = FORMATS[recognise(io.BytesIO(data))].read
            for found in read(io.BytesIO(data)):
                if isinstance(found.record, Condition):
                    opened.update(found.record.opened)
                elif not isinstance(found.record, SourceRecord):
                    records.append((found.record, data[found.start : found.end]))
    return records, opened


def is_comment(record):
    return isinstance(record, CommentRecord) or (
        isinstance(record, Unreadable) and record.kind == "comment"
    )


def real(folder, name):
    path = SHARED / "fixtures" / folder / name
    if not path.exists():
        pytest.skip("the real exports are not on this machine")
    return path


def real_files():
    for folder in ("wxr", "disqus"):
        for path in sorted((SHARED / "fixtures" / folder).glob("*")):
            if path.name not in REFUSED:
                yield pytest.param(path, id=path.name)


@pytest.mark.parametrize(
    ("path", "expected"),
    [((folder, name), (items, comments))
     for folder, files in (("wxr", REAL_WXR), ("disqus", REAL_DISQUS))
     for name, items, comments in files],
    ids=lambda value: value[1] if isinstance(value[0], str) else None,
)  # fmt: skip
def test_real_export_gives_all_that_it_holds(path, expected):
    records, _ = read_whole(real(*path))

    stories = [text for _, text in records if re.match(rb"<(?:item|thread)\b", text)]
    assert (len(stories), sum(is_comment(one) for one, _ in records)) == expected


@pytest.mark.parametrize("path", list(real_files()))
def test_each_record_of_a_real_export_is_where_it_says(path):
    records, opened = read_whole(path)

    comments = sum(is_comment(record) for record, _ in records)
    assert opened == {"comment": comments, "other": len(records) - comments}
    for record, text in records:
        tag = re.match(rb"<([\w:]+)[\s>]", text)[1]
        assert text.endswith(b"</" + tag + b">")
        id = record.id.rpartition(":")[2] if "://" not in record.id else record.id
        assert escape(id, quote=False).encode() in text or "at byte" in id


@pytest.mark.parametrize(
    "path",
    [
        ("wxr", "themeunittestdata.wordpress.xml"),
        ("wxr", "real-charleso__blog_wordpress.xml"),
        ("wxr", "real-cc-archive__labs_wordpress.xml"),
        ("wxr", "real-bhardin__spotthevuln_wordpress.xml"),
        ("disqus", "real-dorukgezici__yesilmavihayat.xml"),
    ],
    ids=lambda path: path[1],
)
def test_every_comment_of_a_damaged_export_is_accounted_for(path, tmp_path):
    program = [sys.executable, SHARED / "tools" / "mutate.py", real(*path), tmp_path]
    subprocess.run(program, check=True, capture_output=True)  # noqa: S603 (ours)
    expected = json.loads((tmp_path / "expected.json").read_text())

    sums = {name: sums_of(tmp_path / name) for name in expected}

    assert sums == {
        name: (damage["comments_in_file"], True) for name, damage in expected.items()
    }


def sums_of(path):
    """Return how many comments a file gives, and whether the books agree."""
    records, opened = read_whole(path)
    comments = sum(is_comment(record) for record, _ in records)
    return comments, opened == {"comment": comments, "other": len(records) - comments}
