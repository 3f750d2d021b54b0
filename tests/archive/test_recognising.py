"""An archive that a Newsroom has written, where what it holds is known already."""

from datetime import UTC, datetime

import pytest

from articles.models import Article
from comments.models import Comment
from newsroom.archive.exporting import Wanted, export
from newsroom.archive.importing import import_file
from newsroom.archive.models import Record, Source
from newsroom.management.commands.quickstart import SAMPLE

pytestmark = pytest.mark.django_db

DELETED = "It was deleted here after an earlier file had brought it"


@pytest.fixture
def write(tmp_path):
    """Return an exporter of the whole site: its name in, the file's path out."""

    def write(name="export"):
        export(tmp_path / name, Wanted(origin="newsroom:Here"))
        return tmp_path / name / "archive.jsonl"

    return write


def start_anew():
    """Remove all that is here, and take in what every new site has."""
    Record.objects.all().delete()
    Source.objects.all().delete()
    Comment.objects.update(parent=None, reply_basis="", reply_confidence=None)
    Comment.objects.all().delete()
    Article.objects.all().delete()
    import_file(SAMPLE)


def hide(number):
    comments = Comment.objects.filter(number=number)
    comments.set_status("hidden", "Off topic")


def states():
    """Return the comments' numbers by their states."""
    by_number = Comment.objects.order_by("number").values_list("status", "number")
    found = {}
    for status, number in by_number:
        found.setdefault(status, []).append(number)
    return found


def changes(ledger, kind="comment"):
    counts = {name: count for name, count in ledger.counts[kind].items() if count}
    return dict(sorted(counts.items()))


def everything():
    return list(Article.objects.values()), list(Comment.objects.order_by("pk").values())


def test_own_archive_changes_nothing(write):
    import_file(SAMPLE)
    hide(9)
    path = write()
    before = everything()

    dry = import_file(path, dry_run=True)
    ledger = import_file(path)

    assert everything() == before
    assert changes(ledger) == {"found": 13, "hidden": 1, "public": 12, "unchanged": 13}
    assert changes(ledger, "article") == {"found": 1, "linked": 1, "new": 1}
    assert (dry.as_json(), dry.reasons) == (ledger.as_json(), ledger.reasons)


def test_archive_of_another_site_with_the_same_story_doubles_nothing(write):
    import_file(SAMPLE)
    hide(9)
    path = write()
    start_anew()
    parents = list(Comment.objects.order_by("pk").values_list("pk", "parent"))

    dry = import_file(path, dry_run=True)
    ledger = import_file(path)

    others = [number for number in range(1, 14) if number != 9]
    assert states() == {"public": others, "hidden": [9]}
    assert Comment.objects.get(number=9).status_reason == "Off topic"
    assert list(Comment.objects.order_by("pk").values_list("pk", "parent")) == parents
    assert Article.objects.get().discussion.comment_count == 12
    assert changes(ledger) == {
        "changed": 1, "found": 13, "hidden": 1, "public": 12, "unchanged": 12,
    }  # fmt: skip
    assert (dry.as_json(), dry.reasons) == (ledger.as_json(), ledger.reasons)


def test_what_was_decided_here_stays(write):
    import_file(SAMPLE)
    hide(9)
    path = write()
    start_anew()
    hide(4)
    hide(9)
    Comment.objects.filter(number=9).set_status("public")

    import_file(path)

    others = [number for number in range(1, 14) if number != 4]
    assert states() == {"public": others, "hidden": [4]}


def test_what_was_decided_since_the_export_stays(write):
    import_file(SAMPLE)
    hide(9)
    path = write()
    Comment.objects.filter(number=9).set_status("public")
    hide(3)

    import_file(path)

    others = [number for number in range(1, 14) if number != 3]
    assert states() == {"public": others, "hidden": [3]}


def test_comment_that_was_deleted_here_stays_deleted(write):
    import_file(SAMPLE)
    path = write()
    Comment.objects.get(number=13).delete()

    ledger = import_file(path)

    assert states() == {"public": list(range(1, 13))}
    assert changes(ledger) == {
        "found": 13, "public": 12, "set_aside": 1, "unchanged": 13,
    }  # fmt: skip
    assert ledger.reasons[f"Set aside, comment: {DELETED}"] == 1


def test_story_that_was_deleted_here_stays_deleted(write):
    import_file(SAMPLE)
    path = write()
    start_anew()
    Comment.objects.update(parent=None, reply_basis="", reply_confidence=None)
    Comment.objects.all().delete()
    Article.objects.all().delete()

    import_file(path)

    assert not Article.objects.exists()
    assert not Comment.objects.exists()


def test_story_and_comments_written_here_are_recognised(make_comment, write):
    first = make_comment(author_name="", body="Well said.", posted_at=None)
    make_comment(parent=first, body="Yes.", posted_at=None)
    path = write()
    before = everything()

    ledger = import_file(path)

    assert everything() == before
    assert changes(ledger) == {"found": 2, "public": 2, "unchanged": 2}
    assert changes(ledger, "article") == {"found": 1, "linked": 1, "new": 1}


def test_what_was_edited_since_the_export_stays(make_comment, write):
    first = make_comment(body="Well said.")
    second = make_comment(article=first.discussion.article, body="Yes.")
    path = write()
    second.body, second.parent, second.reply_basis = "No.", first, "edited"
    second.save()
    before = everything()

    import_file(path)

    assert everything() == before


def test_text_and_parents_come_from_the_other_site(write):
    import_file(SAMPLE)
    path = write()
    start_anew()
    Comment.objects.filter(number=12).update(body="Other.")
    Comment.objects.filter(number=11).update(
        parent=None, reply_basis="", reply_confidence=None
    )

    ledger = import_file(path)

    assert ledger.counts["comment"]["changed"] == 2
    assert Comment.objects.get(number=12).body != "Other."
    assert Comment.objects.get(number=11).parent.number == 10


def test_story_is_recognised_by_the_address_it_had(make_article, write):
    article = make_article(slug="ferry")
    path = write()
    article.slug = "ferry-leaves"
    article.save()

    import_file(path)

    assert list(Article.objects.values_list("pk", "slug")) == [
        (article.pk, "ferry-leaves")
    ]


def test_another_story_and_comment_of_the_same_keys_are_not_taken_for_it(
    make_article, make_comment, write
):
    comment = make_comment(article=make_article(slug="ferry"), body="Well said.")
    path = write()
    moment = datetime(2019, 3, 14, tzinfo=UTC)
    Comment.objects.filter(pk=comment.pk).update(created_at=moment, body="Other.")
    Article.objects.update(created_at=moment)

    import_file(path)

    assert Article.objects.count() == 2
    by_key = Comment.objects.order_by("pk").values_list("body", flat=True)
    assert list(by_key) == ["Other.", "Well said."]


def test_new_comments_of_an_archive_join_those_that_are_here(make_comment, write):
    import_file(SAMPLE)
    parent = Comment.objects.get(number=9)
    make_comment(parent=parent, article=Article.objects.get(), body="New.")
    path = write()
    start_anew()

    ledger = import_file(path)

    added = Comment.objects.get(body="New.")
    assert (added.number, added.parent) == (14, Comment.objects.get(number=9))
    assert changes(ledger) == {"found": 14, "new": 1, "public": 14, "unchanged": 13}


def test_newer_archive_of_the_other_site_is_known_again(write):
    import_file(SAMPLE)
    first = write("first")
    hide(9)
    second = write("second")
    start_anew()
    import_file(first)

    ledger = import_file(second)

    assert states()["hidden"] == [9]
    assert Comment.objects.count() == 13
    assert ledger.counts["comment"]["changed"] == 1


def test_two_comments_of_the_archive_may_be_one_here(write, make_comment):
    import_file(SAMPLE)
    one = Comment.objects.get(number=13)
    other = make_comment(article=Article.objects.get(), body="A copy.")
    Record.objects.filter(comment=one).update(comment=other)
    record = Record.objects.get(comment=other)
    record.pk, record.position, record.comment = None, 1000, one
    record.given_id = "14"
    record.save()
    path = write()
    start_anew()
    known = Record.objects.get(given_id="13", kind="comment")
    known.pk, known.position, known.given_id = None, 1000, "14"
    known.save()

    ledger = import_file(path)

    assert Comment.objects.count() == 13
    assert ledger.counts["comment"]["linked"] == 1
