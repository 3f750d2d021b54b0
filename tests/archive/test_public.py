"""A story and its discussion as data: what readers see, and nothing else."""

import json
from datetime import UTC, datetime

import pytest

from articles.models import Article, Author, Byline, Section, Topic
from comments.models import Comment, CommentContact
from newsroom.archive.exporting import public
from newsroom.archive.importing import import_file
from newsroom.archive.models import Record, Source


@pytest.fixture
def read(client):
    """Return a reader of a story's document."""

    def read(article):
        response = client.get(f"{article.get_absolute_url()}discussion.json")
        assert response.status_code == 200
        assert response["Content-Type"] == "application/json"
        assert response.streaming
        assert response.cookies == {}
        return json.loads(response.getvalue())

    return read


def _of(document, kind):
    return [record for record in document["records"] if record["type"] == kind]


def test_document_holds_what_readers_see(read, make_article, make_comment):
    section = Section.objects.create(name="Rivers", slug="rivers")
    article = make_article(
        headline="The river rose",
        slug="river",
        body="<p>It rose.</p>",
        section=section,
        published_at=datetime(2018, 2, 1, tzinfo=UTC),
        published_precision="month",
    )
    article.topics.add(Topic.objects.create(name="Floods", slug="floods"))
    author = Author.objects.create(name="Ida", slug="ida")
    Byline.objects.create(article=article, author=author)
    article.revise(note="The bridge has another name.", is_correction=True)
    top = make_comment(article=article, author_name="Ben", language="en")
    reply = make_comment(parent=top, body="No.", reply_basis="edited")

    document = read(article)

    [told] = _of(document, "article")
    [correction] = told.pop("corrections")
    assert correction["note"] == "The bridge has another name."
    assert document == {
        "type": "archive",
        "format": "newsroom-archive",
        "version": 2,
        "origin": "newsroom:testserver",
        "records": [
            {"type": "section", "id": "rivers", "name": "Rivers", "slug": "rivers"},
            {"type": "topic", "id": "floods", "name": "Floods", "slug": "floods"},
            {"type": "author", "id": "ida", "name": "Ida", "slug": "ida"},
            {
                "type": "article",
                "id": str(article.pk),
                "headline": "The river rose",
                "slug": "river",
                "language": "en",
                "status": "published",
                "section": "rivers",
                "topics": ["Floods"],
                "authors": ["ida"],
                "published": "2018-02",
                "published_basis": "edited",
                "policy": "closed",
                "body": "<p>It rose.</p>",
            },
            {
                "type": "comment",
                "id": str(top.pk),
                "body": "Well said.",
                "article": str(article.pk),
                "number": 1,
                "key": top.pk,
                "author_name": "Ben",
                "body_format": "text",
                "language": "en",
                "status": "public",
                "kind": "comment",
            },
            {
                "type": "comment",
                "id": str(reply.pk),
                "body": "No.",
                "article": str(article.pk),
                "number": 2,
                "key": reply.pk,
                "parent": str(top.pk),
                "reply_basis": "edited",
                "body_format": "text",
                "status": "public",
                "kind": "comment",
            },
        ],
    }


def test_nothing_that_is_hidden_is_in_it(
    client, make_article, make_comment, admin_user
):
    article = make_article(slug="secret-first", headline="Plain")
    Article.objects.filter(pk=article.pk).update(slug="plain")
    article.refresh_from_db()
    article.headline = "Secret working title"
    article.revise(by=admin_user, note="secret note")
    shown = make_comment(
        article=article,
        body="Plain",
        author_url="https://secret.example/",
        user=admin_user,
        status_reason="secret reason",
    )
    CommentContact.objects.create(
        comment=shown,
        email="secret@secret.example",
        ip="192.0.2.7",
        keep_until=datetime(2099, 1, 1, tzinfo=UTC),
    )
    for status in ("pending", "hidden", "spam"):
        make_comment(article=article, body="Secret", author_name="S", status=status)
    make_comment(article=article, body="Secret", kind="pingback")
    removed = make_comment(article=article, body="Secret", author_name="Secret")
    Comment.objects.filter(pk=removed.pk).set_status("removed", reason="An attack")

    text = client.get("/articles/plain/discussion.json").getvalue().decode()

    assert "secret" not in text.lower()
    assert "192.0.2.7" not in text
    assert admin_user.get_username() not in text
    tombstone = _of(json.loads(text), "comment")[1]
    assert tombstone.pop("status_changed")
    assert tombstone == {
        "type": "comment",
        "id": str(removed.pk),
        "body": "",
        "article": str(article.pk),
        "number": removed.number,
        "key": removed.pk,
        "status": "removed",
        "status_reason": "An attack",
        "kind": "comment",
    }


def test_reply_to_what_is_hidden_says_only_that(read, make_comment):
    parent = make_comment(status="hidden")
    make_comment(parent=parent, reply_basis="inferred", reply_confidence=0.5)

    [reply] = _of(read(parent.discussion.article), "comment")

    assert reply["answers_hidden"] is True
    assert not {"parent", "reply_basis", "reply_confidence"} & {*reply}


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_unpublished_story_is_not_found(client, make_article, state):
    article = make_article(status=state)

    address = f"{article.get_absolute_url()}discussion.json"
    assert client.get(address).status_code == 404


def test_former_address_redirects(client, make_article):
    article = make_article(slug="first")
    Article.objects.filter(pk=article.pk).update(slug="second")

    response = client.get("/articles/first/discussion.json")

    assert response.status_code == 301
    assert response["Location"] == "/articles/second/discussion.json"


def test_document_becomes_an_archive_that_can_be_taken_in(db, read, sample, tmp_path):
    import_file(sample)
    document = read(Article.objects.get())
    source = Source.objects.get()
    assert document["source"]["id"] == source.sha256
    assert document["note"] == source.note
    columns = ("number", "path", "body", "language", "reply_basis", "is_truncated")
    comments = Comment.objects.order_by("number").values_list(*columns)
    before = list(comments)
    for rows in (Record, Source, Comment, Article):
        rows.objects.all().delete()

    archive = tmp_path / "archive.jsonl"
    records = document.pop("records")
    archive.write_text("\n".join(map(json.dumps, [document, *records])))
    ledger = import_file(archive)

    assert ledger.reasons == {}
    assert ledger.counts["comment"]["public"] == ledger.counts["comment"]["found"] == 13
    assert list(comments.all()) == before
    assert Source.objects.get().note == source.note


def test_long_discussion_is_read_in_pieces(read, make_comment, monkeypatch):
    monkeypatch.setattr(public, "ROWS_AT_ONCE", 7)
    comments = [
        make_comment(status="hidden" if 10 <= number < 20 else "public")
        for number in range(1, 31)
    ]

    told = _of(read(comments[0].discussion.article), "comment")

    numbers = [comment["number"] for comment in told]
    assert numbers == [*range(1, 10), *range(20, 31)]


@pytest.mark.parametrize("count", [1, 3])
def test_query_count(client, make_comment, django_assert_num_queries, count):
    comments = [make_comment() for _ in range(count)]
    address = f"{comments[0].discussion.article.get_absolute_url()}discussion.json"

    with django_assert_num_queries(6):
        client.get(address).getvalue()


def test_data_of_a_story_is_asked_for_anew_each_time(client, make_comment):
    article = make_comment().discussion.article

    response = client.get(f"{article.get_absolute_url()}discussion.json")

    # A section's new name would move no time of change, nor a second change at once.
    assert (response["Cache-Control"], response.get("Last-Modified")) == (
        "no-cache",
        None,
    )
