"""The archive verified: damage done behind the database's back is told."""

import hashlib
import io
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection

from newsroom.archive.models import Record, Source, sources_storage
from newsroom.archive.verifying import Verification


@pytest.fixture
def source(db):
    """A source whose file is kept and whose books are empty."""
    content = b"as it came"
    source = Source(
        sha256=hashlib.sha256(content).hexdigest(),
        name="export.xml",
        size=len(content),
        format="wxr",
        origin="here",
        state="done",
    )
    path = source.file.field.generate_filename(source, source.name)
    source.file.name = sources_storage().save(path, ContentFile(content))
    source.save()
    return source


@pytest.fixture
def make_records(source, make_comment):
    """Return a maker of records of comments, and of the ledger that tells of them."""

    def make(count):
        comments = [make_comment() for _ in range(count)]
        for position, comment in enumerate(comments, 1):
            Record.objects.create(
                source=source,
                position=position,
                start=0,
                end=0,
                digest=b"",
                kind="comment",
                given_id=str(position),
                outcome="public",
                comment=comment,
            )
        columns = ("hidden", "linked", "set_aside", "changed", "unchanged")
        counts = dict.fromkeys(columns, 0)
        counts |= dict.fromkeys(("found", "public", "new"), count)
        source.ledger = {"comment": counts}
        source.save()
        return comments

    return make


@pytest.fixture
def damage(db):
    """Return a doer of SQL that no trigger and no foreign key watches over."""

    def do(statement, *parameters):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(statement, parameters)
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")

    return do


def differences(**how):
    return list(Verification(**how).differences())


def kept_file(source):
    return Path(sources_storage().path(source.file.name))


def test_sound_archive_has_no_difference(make_records, make_comment, make_article):
    [first, second] = make_records(2)
    reply = make_comment(parent=first, body="*No*", body_format="markdown")
    make_comment(parent=make_comment(parent=reply, status="removed"))
    make_comment(status="hidden")
    make_comment(kind="pingback")
    make_article()
    first.parent, first.reply_basis = second, "edited"
    first.save()

    assert differences() == []


def test_sound_deep_thread_has_no_difference(make_article, damage):
    story = make_article()
    damage(
        """
        INSERT INTO comments_comment (
            id, discussion_id, parent_id, reply_basis, number, path, author_name,
            author_url, body, body_format, body_html, language, is_truncated,
            posted_precision, status, status_reason, kind
        ) SELECT
            9000000 + number, %s, nullif(9000000 + number, 9000001) - 1,
            CASE number WHEN 1 THEN '' ELSE 'given' END, number,
            ARRAY(SELECT generate_series(1, number)), '', '', '', 'text', '', '',
            FALSE, 'unknown', 'hidden', '', 'comment'
        FROM generate_series(1, 3000) AS number
        """,
        story.pk,
    )
    damage("UPDATE comments_discussion SET last_number = 3000")

    assert differences() == []

    damage("UPDATE comments_comment SET path = path[2:] WHERE number = 3000")

    [found] = differences()
    assert found.startswith("Comment 9003000: its path is [2, 3, 4, ")


# Files


def test_missing_file_is_told(source):
    kept_file(source).unlink()

    assert differences() == [
        f"Source {source.pk} “export.xml”: its file is not in the storage."
    ]


def test_changed_file_is_told(source):
    kept_file(source).write_bytes(b"as it cane")

    sha256 = hashlib.sha256(b"as it cane").hexdigest()
    assert differences() == [
        f"Source {source.pk} “export.xml”: its file has the SHA-256 {sha256}, not "
        f"{source.sha256}."
    ]


def test_file_that_was_cut_off_is_told(source):
    kept_file(source).write_bytes(b"as")

    size, _ = differences()

    assert size == f"Source {source.pk} “export.xml”: its file has 2 bytes, not 10."


# Books


def test_ledger_that_tells_another_story_is_told(source, make_records):
    make_records(2)
    source.ledger["comment"]["public"] = 1
    source.ledger["comment"]["hidden"] = 1
    source.ledger["article"] = {"found": 1, "public": 1, "new": 1}
    source.save()

    named = f"Source {source.pk} “export.xml”: its ledger says"
    assert differences() == [
        f"{named} 1 article records were found, its records say 0.",
        f"{named} 1 article records were public, its records say 0.",
        f"{named} 1 article records were new, its records say 0.",
        f"{named} 1 comment records were public, its records say 2.",
        f"{named} 1 comment records were hidden, its records say 0.",
    ]


def test_kind_that_the_ledger_does_not_know_is_told(source, make_records):
    make_records(1)
    source.ledger = {}
    source.save()

    named = f"Source {source.pk} “export.xml”: its ledger says"
    assert differences() == [
        f"{named} 0 comment records were {column}, its records say 1."
        for column in ("found", "public", "new")
    ]


def test_ledger_that_does_not_balance_is_told(source, make_records):
    make_records(1)
    source.ledger["comment"]["found"] = 2
    source.save()

    assert differences()[-1] == (
        f"Source {source.pk} “export.xml”: its ledger has 2 comment records found, and "
        "1 accounted for."
    )


@pytest.mark.parametrize("state", ["waiting", "running", "failed"])
def test_open_books_are_not_balanced(source, make_records, state):
    make_records(1)
    Source.objects.update(ledger={}, state=state)

    assert differences() == []


def test_missing_record_is_told(source, make_records, damage):
    make_records(3)
    damage("DELETE FROM archive_record WHERE position = 2")

    assert differences()[-1] == (
        f"Source {source.pk}: its 2 records stand at positions 1 to 3, so some are "
        "missing."
    )


def test_record_that_gave_what_is_not_there_is_told(source, make_records, damage):
    make_records(1)
    damage("UPDATE archive_record SET comment_id = 77")

    assert differences() == [
        f"Source {source.pk}, record 1: it gave comment 77, which does not exist."
    ]


def test_what_was_deleted_since_is_counted(source, make_records):
    make_records(2)[1].delete()
    verification = Verification()

    assert list(verification.differences()) == []
    assert verification.gone == {"comment": 1}
    assert verification.seen == {"sources": 1, "records": 2, "comments": 1}


# Threads


@pytest.fixture
def thread(make_comment):
    """A comment, a reply to it, and a reply to that."""
    first = make_comment()
    second = make_comment(parent=first)
    return [first, second, make_comment(parent=second)]


def test_wrong_path_is_told_of_that_comment_alone(thread, damage):
    _, second, _ = thread
    damage("UPDATE comments_comment SET path = '{1,9}' WHERE id = %s", second.pk)

    assert differences() == [
        f"Comment {second.pk}: its path is [1, 9], its parents and numbers give [1, 2]."
    ]


def test_wrong_parent_is_told_of_the_whole_branch(thread, damage):
    _, second, third = thread
    damage(
        "UPDATE comments_comment SET parent_id = NULL, reply_basis = '' WHERE id = %s",
        second.pk,
    )

    wrong = "its parents and numbers give"
    assert differences() == [
        f"Comment {second.pk}: its path is [1, 2], {wrong} [2].",
        f"Comment {third.pk}: its path is [1, 2, 3], {wrong} [2, 3].",
    ]


def test_circle_of_parents_is_told(thread, damage):
    first, second, third = thread
    damage(
        "UPDATE comments_comment SET parent_id = %s, reply_basis = 'given'"
        " WHERE id = %s",
        third.pk,
        first.pk,
    )

    assert differences() == [
        f"Comment {comment.pk}: no top-level comment of its discussion leads to it by "
        "its parents."
        for comment in (first, second, third)
    ]


def test_parent_in_another_discussion_is_told(
    make_article, make_comment, thread, damage
):
    stranger = make_comment(article=make_article())
    damage(
        "UPDATE comments_comment SET parent_id = %s WHERE id = %s",
        stranger.pk,
        thread[2].pk,
    )

    assert differences() == [
        f"Comment {thread[2].pk}: no top-level comment of its discussion leads to it "
        "by its parents."
    ]


def test_wrong_depth_is_told(thread, damage):
    damage("ALTER TABLE comments_comment ALTER depth DROP EXPRESSION")
    damage("UPDATE comments_comment SET depth = 5 WHERE id = %s", thread[1].pk)

    assert differences() == [
        f"Comment {thread[1].pk}: its depth is 5, its path has 2 numbers."
    ]


def test_number_given_twice_is_told(thread, damage):
    damage("ALTER TABLE comments_comment DROP CONSTRAINT comment_number_once")
    damage(
        "UPDATE comments_comment SET number = 2, path = '{1,2,2}' WHERE id = %s",
        thread[2].pk,
    )

    [number, *_] = differences()

    assert number == (
        f"Discussion {thread[0].discussion_id}: 2 comments have the number 2."
    )


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("last_number", "2", "its last number is 2, but comment #3 exists."),
        ("comment_count", "4", "it says 4 comments, and 3 are public."),
        ("last_comment_id", "NULL", "its last comment is None, and should be {last}."),
        ("last_comment_id", "77", "its last comment is 77, and should be {last}."),
    ],
)
def test_wrong_summary_is_told(thread, damage, column, value, said):
    damage(f"UPDATE comments_discussion SET {column} = {value}")  # noqa: S608 (ours)

    last = thread[2].pk
    assert differences() == [
        f"Discussion {thread[0].discussion_id}: {said.format(last=last)}"
    ]


@pytest.mark.parametrize(
    ("change", "said", "shown"),
    [("SET size = 5", 5, 3), ("SET size = 0", 0, 3), ("SET number = 9", 0, 3)],
)
def test_wrong_size_of_a_branch_is_told(thread, damage, change, said, shown):
    damage(f"UPDATE comments_branch {change}")

    discussion = thread[0].discussion_id
    assert differences()[0] == (
        f"Discussion {discussion}: the branch of #1 is said to have {said} comments, "
        f"and {shown} are shown."
    )


def test_story_without_discussion_is_told(make_article, damage):
    story = make_article()
    damage("DELETE FROM comments_discussion")

    assert differences() == [f"Article {story.pk}: it has no discussion."]


# Texts


def test_wrong_rendering_is_told_unless_it_is_skipped(thread, damage):
    damage("UPDATE comments_comment SET body_html = '' WHERE id = %s", thread[1].pk)

    assert differences() == [
        f"Comment {thread[1].pk}: what is shown is not what its text gives; saving it "
        "renders it anew."
    ]
    assert differences(with_rendering=False) == []


# The command


def run(*arguments):
    out = io.StringIO()
    call_command("verify_archive", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_command_says_in_a_line_that_all_is_well(make_records):
    make_records(2)

    assert run() == "1 sources, 2 records and 2 comments were verified.\n"


def test_command_says_what_was_deleted(make_records):
    make_records(2)[0].delete()

    assert run("--skip-rendering") == (
        "1 sources, 2 records and 1 comments were verified. Since they were taken in, "
        "0 stories and 1 comments were deleted.\n"
    )


def test_command_tells_differences_and_ends_with_status_one(
    source, make_comment, damage
):
    comment = make_comment()
    kept_file(source).unlink()
    damage("UPDATE comments_comment SET path = '{1,9}'")
    out = io.StringIO()

    with pytest.raises(CommandError) as error:
        call_command("verify_archive", stdout=out, no_color=True)

    assert (str(error.value), error.value.returncode) == (
        "2 differences were found.",
        1,
    )
    assert out.getvalue() == (
        f"Source {source.pk} “export.xml”: its file is not in the storage.\n"
        f"Comment {comment.pk}: its path is [1, 9], its parents and numbers give [1].\n"
        "1 sources, 0 records and 1 comments were verified.\n"
    )


def test_progress_is_told_to_its_end(make_records):
    make_records(2)
    told = []
    verification = Verification(tell=lambda: told.append(1))

    list(verification.differences())

    assert len(told) == verification.total()
