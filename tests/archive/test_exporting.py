"""Exports as Newsroom archives: what is written is what is kept, and comes back."""

import gzip
import hashlib
import io
import json
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as project_settings
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection

from articles.models import Article, Author, FormerSlug, Section, Topic
from comments.choices import BodyFormat, CommentKind, CommentStatus
from comments.models import Comment, CommentContact, Discussion
from newsroom.archive.addresses import key_of
from newsroom.archive.exporting import ExportError, Wanted, export
from newsroom.archive.exporting.jsonl import time_text
from newsroom.archive.exporting.selection import Selection
from newsroom.archive.formats import jsonl
from newsroom.archive.importing import import_file, import_source
from newsroom.archive.models import (
    Record,
    Source,
    SourceAddress,
    sources_storage,
)
from newsroom.archive.records import (
    ArticleRecord,
    AuthorRecord,
    CommentRecord,
    FormatError,
    KeptRecord,
    KeptSource,
    RevisionRecord,
    SectionRecord,
    SourceRecord,
    Time,
    TopicRecord,
    parse_time,
)

SHARED = Path(project_settings.BASE_DIR).parent / "shared"
FIXTURES = SHARED / "fixtures"
REAL = sorted(
    path.relative_to(FIXTURES).as_posix()
    for folder in ("wxr", "disqus")
    for path in (FIXTURES / folder).glob("*")
    if ".xml" in path.name and "bad-format" not in path.name
)


def at(*args):
    return datetime(*args, tzinfo=UTC)


def second(*args):
    return Time(at(*args), "second")


@pytest.fixture
def make_source(db):
    """Return a maker of sources with their kept files."""

    def make(content=b"as it came", name="export.xml", **fields):
        sha256 = hashlib.sha256(content).hexdigest()
        source = Source(sha256=sha256, name=name, size=len(content))
        for field, value in {"format": "wxr", "origin": "here", **fields}.items():
            setattr(source, field, value)
        path = source.file.field.generate_filename(source, name)
        source.file.name = sources_storage().save(path, ContentFile(content))
        source.save()
        return source

    return make


@pytest.fixture
def write(tmp_path):
    """Return an exporter: what is wanted in, the folder out."""

    def write(selection=None, **wanted):
        folder = tmp_path / "export"
        wanted.setdefault("origin", "newsroom:Here")
        export(folder, Wanted(selection=selection or Selection(), **wanted))
        return folder

    return write


def records_in(folder):
    with (folder / "archive.jsonl").open("rb") as file:
        *found, _ = jsonl.read(file)
    return [one.record for one in found]


def of_type(records, kind):
    return [record for record in records if type(record) is kind]


def manifest_of(folder):
    return json.loads((folder / "manifest.json").read_text())


def account(name):
    return get_user_model().objects.create_user(name)


# Every field


def test_empty_archive_is_a_header_alone(db, write):
    assert records_in(write()) == [SourceRecord(origin="newsroom:Here")]


def test_section_topic_and_author_are_written_whole(db, write):
    Section.objects.create(name="Sea", slug="sea", description="Ships.", position=3)
    Topic.objects.create(name="Ships & boats", slug="ships")
    Author.objects.create(name="Ida Moe", slug="ida-moe", biography="She sails.")

    _, section, topic, author = records_in(write())

    assert section == SectionRecord(
        id="sea", name="Sea", slug="sea", description="Ships.", position=3
    )
    assert topic == TopicRecord(id="ships", name="Ships & boats", slug="ships")
    assert author == AuthorRecord(
        id="ida-moe", name="Ida Moe", slug="ida-moe", biography="She sails."
    )


@pytest.fixture
def rich_article(make_article):
    section = Section.objects.create(name="Sea", slug="sea")
    story = make_article(
        headline="Ferry",
        slug="ferry",
        standfirst="At last. 🛳",
        body="<p>It left.</p>\n<p>عادت العبّارة.</p>",
        language="pt-BR",
        section=section,
        status="withdrawn",
        published_at=at(2018, 2, 1),
        published_precision="month",
        published_basis="inferred",
        published_note="From its number.",
        source_url="https://example.org/ferry",
        created_at=at(2024, 2, 23, 9, 30, 15, 123456),
    )
    story.slug = "ferry-sails"
    story.save()
    story.topics.add(
        *[Topic.objects.create(name=name, slug=name) for name in ("Islands", "Ships")]
    )
    return story


@pytest.fixture
def whole_article(rich_article):
    """A story with everything that stands in tables of its own."""
    story = rich_article
    for position, (name, note) in enumerate([("ole", "On board."), ("ida", "")]):
        author = Author.objects.create(name=name, slug=name)
        story.bylines.create(author=author, position=7 - position, biography=note)
    story.revise(by=account("kari"), note="It left on Monday.", is_correction=True)
    story.revise()
    for address in ("https://example.org/?p=7", "https://example.org/ferry"):
        SourceAddress.objects.create(
            article=story, address=address, key=key_of(address)
        )
    Discussion.objects.filter(pk=story.pk).update(
        policy="premoderated", closes_at=at(2030, 1, 1, 12, 0, 0, 5), last_number=40
    )
    return story


def test_article_is_written_whole(whole_article, write):
    created = [
        Time(revision.created_at, "second")
        for revision in whole_article.revisions.order_by("number")
    ]

    [record] = of_type(records_in(write()), ArticleRecord)

    text = {
        "headline": "Ferry",
        "standfirst": "At last. 🛳",
        "body": "<p>It left.</p>\n<p>عادت العبّارة.</p>",
    }
    assert record == ArticleRecord(
        id=str(whole_article.pk),
        **text,
        slug="ferry-sails",
        former_slugs=("ferry",),
        language="pt-BR",
        status="withdrawn",
        section="sea",
        topics=("Islands", "Ships"),
        authors=("ida", "ole"),
        author_notes={"ole": "On board."},
        published=Time(at(2018, 2, 1), "month"),
        published_basis="inferred",
        published_note="From its number.",
        source_url="https://example.org/ferry",
        addresses=("https://example.org/?p=7", "https://example.org/ferry"),
        policy="premoderated",
        closes=second(2030, 1, 1, 12, 0, 0, 5),
        last_number=40,
        created=second(2024, 2, 23, 9, 30, 15, 123456),
        revisions=(
            RevisionRecord(
                number=1,
                **text,
                note="It left on Monday.",
                is_correction=True,
                editor="kari",
                created=created[0],
            ),
            RevisionRecord(number=2, **text, created=created[1]),
        ),
    )


@pytest.mark.parametrize(
    ("published_at", "precision"),
    [
        (None, "unknown"),
        (None, "second"),
        (None, "day"),
        (at(1, 1, 1), "year"),
        (at(2018, 2, 1), "month"),
        (at(2018, 2, 23), "day"),
        (at(2018, 2, 23, 9, 30), "minute"),
        (at(2018, 2, 23, 9, 30), "second"),
        (at(2018, 2, 23, 9, 30, 15, 1), "second"),
        (at(2018, 2, 23, 9, 30, 15), "minute"),
        (at(2018, 2, 23, 9, 30), "day"),
        (at(2018, 2, 23), "year"),
    ],
)
def test_time_comes_back_as_exact_as_it_was(
    make_article, write, published_at, precision
):
    make_article(
        status="draft", published_at=published_at, published_precision=precision
    )

    [record] = of_type(records_in(write()), ArticleRecord)

    assert record.published == Time(published_at, precision)


def test_time_is_as_long_as_it_is_exact():
    moment = at(2018, 1, 1)

    assert {
        precision: time_text(moment, precision)
        for precision in ("year", "month", "day", "minute", "second")
    } == {
        "year": "2018",
        "month": "2018-01",
        "day": "2018-01-01",
        "minute": "2018-01-01T00:00Z",
        "second": "2018-01-01T00:00:00Z",
    }


def test_comment_is_written_whole(make_comment, write):
    parent = make_comment()
    comment = make_comment(
        parent=parent,
        reply_basis="inferred",
        reply_confidence=0.0,
        author_name="עדה",
        author_url="https://example.org/?a=1&b=2",
        user=account("ada"),
        body='Line one\r\nline two\t"quoted" \\ \x01 \u2028 👩‍👩‍👧 خوب',
        body_format="markdown",
        language="he",
        is_truncated=True,
        posted_at=at(2018, 2, 1),
        posted_precision="month",
        edited_at=at(2018, 3, 1, 10, 0, 0, 7),
        edited_precision="second",
        status="removed",
        status_reason="Rude.",
        status_changed_at=at(2019, 1, 1, 0, 0, 0, 1),
        kind="note",
    )

    _, record = of_type(records_in(write()), CommentRecord)

    assert record == CommentRecord(
        id=str(comment.pk),
        article=str(comment.discussion_id),
        number=2,
        key=comment.pk,
        parent=str(parent.pk),
        reply_basis="inferred",
        reply_confidence=0.0,
        author_name="עדה",
        author_url="https://example.org/?a=1&b=2",
        user="ada",
        body='Line one\r\nline two\t"quoted" \\ \x01 \u2028 👩‍👩‍👧 خوب',
        body_format="markdown",
        language="he",
        is_truncated=True,
        posted=Time(at(2018, 2, 1), "month"),
        edited=second(2018, 3, 1, 10, 0, 0, 7),
        status="removed",
        status_reason="Rude.",
        status_changed=second(2019, 1, 1, 0, 0, 0, 1),
        kind="note",
        created=Time(comment.created_at, "second"),
    )


def test_every_state_kind_and_format_comes_back(make_comment, write):
    expected = [
        (status, kind, body_format)
        for status in CommentStatus.values
        for kind in CommentKind.values
        for body_format in BodyFormat.values
    ]
    for status, kind, body_format in expected:
        make_comment(status=status, kind=kind, body_format=body_format, body="")

    records = of_type(records_in(write()), CommentRecord)

    assert expected == [
        (record.status, record.kind, record.body_format) for record in records
    ]


def test_source_and_record_are_written_whole(make_comment, make_source, write):
    comment = make_comment()
    source = make_source(
        url="https://example.org",
        captured_at=at(2019, 3, 1),
        captured_precision="month",
        note="All of it.",
        sections_from="tag",
        ends_early="Cut off.",
        repairs={"counts": {"bare & escaped": 2}},
        ledger={"comment": {"found": 1}},
        state="truncated",
        trial={"states": {}},
        progress={"done": 1},
        error="No.",
        imported_by=account("kari"),
    )
    fields = {
        "position": 7,
        "member": 1,
        "start": 5_000_000_000,
        "end": 5_000_000_099,
        "kind": "comment",
        "given_id": "81",
        "occurrence": 2,
        "given_parent": "80",
        "awaits_parent": True,
        "given_status": "spam",
        "given_kind": "like",
        "also": "disqus:5",
        "digest": b"\x00\xff",
        "outcome": "hidden",
        "change": "changed",
        "reason": "Its date is none.",
    }
    story = comment.discussion.article
    Record.objects.create(source=source, comment=comment, article=story, **fields)

    *_, kept_source, kept_record = records_in(write())

    source.refresh_from_db()
    names = {field.name for field in Source._meta.concrete_fields}
    assert kept_source == KeptSource(
        id=source.sha256,
        fields={
            **{
                name: getattr(source, name) for name in names - {"id", "sha256", "file"}
            },
            "captured_at": "2019-03-01T00:00:00+00:00",
            "imported_at": source.imported_at.isoformat(),
            "imported_by": "kari",
        },
    )
    assert kept_record == KeptRecord(
        id=f"{source.sha256}/7",
        source=source.sha256,
        article=str(story.pk),
        comment=str(comment.pk),
        fields={**fields, "digest": "00ff"},
    )


def test_contacts_are_not_written(make_comment, write):
    CommentContact.objects.create(
        comment=make_comment(),
        email="kari@example.org",
        ip="192.0.2.7",
        keep_until=at(2030, 1, 1),
    )

    text = (write() / "archive.jsonl").read_text()

    assert ("kari@example.org" in text, "192.0.2.7" in text) == (False, False)


def test_comments_follow_their_story_in_the_order_of_numbers(make_article, write):
    stories = [make_article(), make_article()]
    for number in (1, 2):
        for story in reversed(stories):
            Comment.objects.create(discussion=story.discussion, body=f"{number}")

    _, *records = records_in(write())

    first, second = (str(story.pk) for story in stories)
    assert [getattr(record, "article", record.id) for record in records] == [
        *[first] * 3,
        *[second] * 3,
    ]
    assert [
        record.number for record in records if isinstance(record, CommentRecord)
    ] == [1, 2, 1, 2]


@pytest.mark.parametrize("count", [1, 3])
def test_number_of_queries_does_not_grow(
    make_article, make_comment, write, count, django_assert_num_queries
):
    for _ in range(count):
        story = make_article()
        story.revise(note="One")
        for _ in range(count):
            make_comment(article=story)

    # The transaction's three, five lists, the stories with five relations and their
    # comments, and one that finds no more stories.
    with django_assert_num_queries(16):
        write()


# What is selected


def test_selection_by_address_has_all_about_the_story_alone(
    make_article, make_comment, make_source, write
):
    source, other = make_source(), make_source(b"other")
    stories = {}
    for name in ("sea", "land"):
        section = Section.objects.create(name=name, slug=name)
        story = stories[name] = make_article(slug=name, section=section)
        topic = Topic.objects.create(name=name, slug=f"topic-{name}")
        story.topics.add(topic)
        author = Author.objects.create(name=name, slug=f"author-{name}")
        story.bylines.create(author=author)
        comment = make_comment(article=story)
        for position, given in enumerate([{"article": story}, {"comment": comment}]):
            Record.objects.create(
                source=source if name == "sea" else other,
                position=position + 1,
                start=0,
                end=0,
                digest=b"",
                kind="article" if "article" in given else "comment",
                given_id=name,
                outcome="public",
                **given,
            )

    records = records_in(write(Selection(("sea",))))

    assert [type(record).__name__ for record in records] == [
        "SourceRecord",
        "SectionRecord",
        "TopicRecord",
        "AuthorRecord",
        "ArticleRecord",
        "CommentRecord",
        "KeptSource",
        "KeptRecord",
        "KeptRecord",
    ]
    assert [record.id for record in records[1:5]] == [
        "sea",
        "topic-sea",
        "author-sea",
        str(stories["sea"].pk),
    ]
    assert [record.id for record in of_type(records, KeptSource)] == [source.sha256]


def test_selection_knows_former_addresses(rich_article, make_article, write):
    make_article()

    records = records_in(write(Selection(("ferry",))))

    assert [record.slug for record in of_type(records, ArticleRecord)] == [
        "ferry-sails"
    ]


def test_selection_of_no_story_is_refused(make_article, write, tmp_path):
    make_article(slug="ferry")

    with pytest.raises(ExportError, match="No story has the address “fairy”"):
        write(Selection(("ferry", "fairy")))

    assert [*tmp_path.glob("*export*")] == []


def test_selection_by_time_has_changed_stories_and_discussions(make_article, write):
    old, changed, spoken = (make_article(slug=slug) for slug in ("a", "b", "c"))
    since = at(2030, 1, 1)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Article.objects.filter(pk=changed.pk).update(changed_at=since)
        Discussion.objects.filter(pk=spoken.pk).update(changed_at=since)
        late = since + timedelta(microseconds=1)
    records = records_in(write(Selection(since=since)))

    assert [record.slug for record in of_type(records, ArticleRecord)] == ["b", "c"]
    assert Selection(since=late).articles().count() == 0
    assert old.slug == "a"


def test_selection_by_time_has_comments_that_readers_never_see(make_comment):
    comment = make_comment(status="pending")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Article.objects.update(changed_at=at(2010, 1, 1))
        Discussion.objects.update(changed_at=at(2010, 1, 1))
        came = Comment.objects.filter(pk=comment.pk)
        came.update(created_at=at(2020, 1, 1), status_changed_at=at(2030, 1, 1))

    chosen = [Selection(since=at(year, 1, 1)).keys for year in (2020, 2030, 2031)]

    assert chosen == [[comment.discussion_id], [comment.discussion_id], []]


# The folder


def test_manifest_says_what_is_in_the_folder(make_comment, make_source, write):
    make_comment()
    source = make_source(b"as it came")

    folder = write(with_sources=True)

    manifest = manifest_of(folder)
    exported = datetime.fromisoformat(manifest.pop("exported"))
    archive = (folder / "archive.jsonl").read_bytes()
    assert manifest == {
        "format": "newsroom-archive",
        "version": 2,
        "origin": "newsroom:Here",
        "selected": {"everything": True},
        "counts": {"article": 1, "comment": 1, "source": 1},
        "files": {
            "archive.jsonl": {
                "sha256": hashlib.sha256(archive).hexdigest(),
                "size": len(archive),
            },
            f"sources/{source.sha256}": {"sha256": source.sha256, "size": 10},
        },
    }
    assert datetime.now(UTC) - exported < timedelta(minutes=1)
    assert (folder / "sources" / source.sha256).read_bytes() == b"as it came"


def test_manifest_says_what_was_selected(make_article, write):
    make_article(slug="ferry")

    folder = write(Selection(("ferry",), at(2018, 1, 1)))

    assert manifest_of(folder)["selected"] == {
        "everything": False,
        "articles": ["ferry"],
        "since": "2018-01-01T00:00:00Z",
    }


def test_packed_archive_is_the_same_unpacked(make_comment, write, tmp_path):
    make_comment()
    plain = (write() / "archive.jsonl").read_bytes()
    (tmp_path / "export").rename(tmp_path / "plain")

    packed = (write(is_packed=True) / "archive.jsonl.gz").read_bytes()
    (tmp_path / "export").rename(tmp_path / "packed")

    assert gzip.decompress(packed) == plain
    assert (write(is_packed=True) / "archive.jsonl.gz").read_bytes() == packed


def test_folder_is_readable_by_its_maker_alone(db, write):
    assert stat.S_IMODE(write().stat().st_mode) == 0o700


def test_folder_with_something_in_it_is_refused_and_left(db, write, tmp_path):
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "mine.txt").write_text("mine")

    with pytest.raises(ExportError, match="is not empty"):
        write()

    assert [path.name for path in tmp_path.rglob("*")] == ["export", "mine.txt"]


def test_file_in_place_of_the_folder_is_refused(db, write, tmp_path):
    (tmp_path / "export").write_text("mine")

    with pytest.raises(ExportError, match="is there and is no folder"):
        write()


def test_empty_folder_is_taken(db, write, tmp_path):
    (tmp_path / "export").mkdir()

    assert sorted(path.name for path in write().iterdir()) == [
        "archive.jsonl",
        "manifest.json",
    ]


def test_export_that_fails_leaves_nothing(make_comment, tmp_path):
    make_comment()

    def fail(kind):
        if kind == "comment":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(tmp_path / "export", Wanted(origin="here"), fail)

    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.unlink(), "is not in the storage"),
        (lambda path: path.write_bytes(b"as it cane"), "is no longer what came"),
    ],
)
def test_export_with_a_lost_source_is_refused(
    make_source, write, tmp_path, damage, message
):
    source = make_source()
    damage(Path(sources_storage().path(source.file.name)))

    with pytest.raises(ExportError, match=message):
        write(with_sources=True)

    assert [*tmp_path.glob("*export*")] == []


@pytest.mark.parametrize("format", ["jsonl", "wxr"])
def test_export_tells_of_as_much_as_there_is(
    whole_article, make_comment, make_source, tmp_path, format
):
    make_comment(article=whole_article)
    make_source()
    wanted = Wanted(format=format, with_sources=True)
    told = []

    export(tmp_path / "export", wanted, told.append)

    assert len(told) == wanted.total()


@pytest.mark.django_db(transaction=True)
def test_export_is_of_one_moment_while_others_write(make_comment, tmp_path):
    story = make_comment().discussion

    def write():
        Comment.objects.create(discussion=story, body="Later.", status="public")
        connection.close()

    def meanwhile(kind):
        if kind == "article":
            thread = threading.Thread(target=write)
            thread.start()
            thread.join()

    manifest = export(tmp_path / "export", Wanted(origin="here"), meanwhile)

    assert (manifest["counts"]["comment"], Comment.objects.count()) == (1, 2)


# The command


def run(*arguments):
    out = io.StringIO()
    call_command("export_archive", *map(str, arguments), stdout=out, no_color=True)
    return out.getvalue()


def test_command_says_what_it_wrote_and_warns_of_addresses(
    make_comment, make_source, tmp_path, settings
):
    settings.SITE_NAME = "Here"
    make_comment()
    source = make_source()
    folder = tmp_path / "a" / "export"

    printed = run(folder, "--with-sources", "--gzip")

    files = manifest_of(folder)["files"]
    packed = files["archive.jsonl.gz"]
    assert printed == (
        "  article            1\n"
        "  comment            1\n"
        "  source             1\n"
        f"  archive.jsonl.gz: {packed['size']} bytes, {packed['sha256']}\n"
        f"  sources/{source.sha256}: 10 bytes, {source.sha256}\n"
        f"Written to {folder}\n"
        "The original files are in it as they came, with the e-mail and IP addresses "
        "of commenters. Keep it to yourself.\n"
    )
    assert manifest_of(folder)["origin"] == "newsroom:Here"


def test_command_selects(make_article, tmp_path):
    for slug in ("a", "b", "c"):
        make_article(slug=slug)

    run(tmp_path / "x", "--article", "a", "--article=b", "--since=2018")

    assert manifest_of(tmp_path / "x")["counts"] == {"article": 2}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--article=fairy"], "No story has the address “fairy”."),
        (
            ["--since=soon"],
            "Error: argument --since: 'soon' is no time such as 2018-02-23T09:30Z",
        ),
    ],
)
def test_command_refuses_in_words(db, tmp_path, arguments, message):
    with pytest.raises(CommandError) as error:
        run(tmp_path / "x", *arguments)

    assert str(error.value) == message


# There and back


def columns(row, *left_out):
    """Return a row's columns by name, without keys that are only this database's."""
    left_out = {"id", "search_vector", *left_out}
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in left_out
    }


def everything():
    """Return all that is kept, as values by keys that hold in every database."""
    slugs = dict(Article.objects.values_list("pk", "slug"))
    sources = {
        source.pk: source.sha256
        for source in Source.objects.exclude(origin__startswith="newsroom:")
    }
    kept = {"section": {}, "topic": {}, "author": {}}
    for model, rows in zip((Section, Topic, Author), kept.values(), strict=True):
        rows |= {row.slug: columns(row) for row in model.objects.all()}
    kept["article"] = {
        story.slug: columns(story, "changed_at", "section_id")
        | {
            "section": story.section and story.section.slug,
            "topics": sorted(story.topics.values_list("slug", flat=True)),
            "bylines": [*story.bylines.values_list("author__slug", "biography")],
            "former": [*story.former_slugs.values_list("slug", flat=True)],
            "addresses": sorted(story.source_addresses.values_list("address", "key")),
            "revisions": [columns(row, "article_id") for row in story.revisions.all()],
            "discussion": columns(story.discussion, "article_id", "changed_at"),
        }
        for story in Article.objects.all()
    }
    kept["comment"] = {
        comment.pk: columns(comment) | {"discussion_id": slugs[comment.discussion_id]}
        for comment in Comment.objects.all()
    }
    kept["source"] = {
        sources[source.pk]: columns(source, "file")
        for source in Source.objects.filter(pk__in=sources)
    }
    kept["record"] = {
        (sources[record.source_id], record.position): columns(record, "source_id")
        | {
            "digest": bytes(record.digest),
            "article_id": slugs.get(record.article_id),
        }
        for record in Record.objects.filter(source__in=sources)
    }
    return kept


def empty():
    """Remove all but the accounts."""
    for model in (Record, Source, Comment, FormerSlug, Article, Section, Topic, Author):
        rows = model.objects.all()
        if model is Comment:
            rows.update(parent=None, reply_basis="", reply_confidence=None)
        rows.delete()


def assert_comes_back(folder):
    before = everything()
    empty()
    assert not any(everything().values())

    import_file(folder / "archive.jsonl")

    after = everything()
    for kind, rows in before.items():
        assert after[kind].keys() == rows.keys(), kind
        for key, row in rows.items():
            assert after[kind][key] == row, (kind, key)


def test_rich_archive_comes_back(whole_article, make_comment, make_source, write):
    first = make_comment(article=whole_article, author_name="עדה")
    reply = make_comment(parent=first, reply_basis="inferred", reply_confidence=0.5)
    make_comment(parent=reply, status="removed", status_reason="Rude.")
    make_comment(
        article=whole_article, posted_at=at(2018, 1, 1), posted_precision="year"
    )
    make_comment(article=whole_article, user=get_user_model().objects.get(), body="")
    source = make_source(ledger={"comment": {"found": 1}}, state="done")
    Record.objects.create(
        source=source, position=1, start=3, end=9, kind="comment", given_id="1",
        digest=b"\x01", outcome="public", comment=first,
    )  # fmt: skip

    assert_comes_back(write())


def test_sample_comes_back(db, sample, write):
    import_file(sample)

    assert_comes_back(write())


def test_capture_comes_back(db, seed, write):
    import_file(seed)

    assert_comes_back(write())


@pytest.mark.parametrize("name", REAL or [None])
def test_real_export_comes_back(db, name, write):
    if name is None:
        pytest.skip("the real exports are not on this machine")
    try:
        import_file(FIXTURES / name)
    except FormatError:
        pytest.skip("this one cannot be taken in")

    assert_comes_back(write())


def test_archive_is_of_the_time_that_its_manifest_says(db, write):
    folder = write()

    source = import_file(folder / "archive.jsonl").source

    said = parse_time(manifest_of(folder)["exported"])
    assert (source.captured_at, source.captured_precision) == (said.at, "second")
    assert import_source(source, again=True).source.captured_at == said.at


@pytest.mark.parametrize("text", ["{", "[]", '{"files": {"a": {}}}', '{"files": 1}'])
def test_manifest_that_does_not_speak_of_the_file_says_nothing(db, write, text):
    folder = write()
    (folder / "manifest.json").write_text(text)

    source = import_file(folder / "archive.jsonl").source

    assert (source.captured_at, source.captured_precision) == (None, "unknown")
