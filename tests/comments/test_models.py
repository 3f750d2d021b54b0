import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, Max, RestrictedError

from articles.models import Article
from comments.models import Comment, Discussion

MARCH = datetime(2019, 3, 14, tzinfo=UTC)


@pytest.fixture
def comment(make_comment):
    return make_comment()


def amend(comment, **fields):
    Comment.objects.filter(pk=comment.pk).update(**fields)


def move(comment, parent):
    amend(comment, parent=parent, reply_basis="edited" if parent else "")


def check_deferred_rules():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def broken_rule(refusal):
    return refusal.value.__cause__.diag.constraint_name


def test_comment_gets_next_number_and_path(make_comment):
    first = make_comment()
    reply = make_comment(parent=first)

    assert (first.number, first.path, first.depth) == (1, [1], 1)
    assert (reply.number, reply.path, reply.depth) == (2, [1, 2], 2)
    assert list(Comment.objects.in_reading_order()) == [first, reply]


# Rules that the database keeps


def repeat_key(comment):
    """Write a comment's key twice, which otherwise the primary key refuses first."""
    check_deferred_rules()
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE comments_comment DROP CONSTRAINT comments_comment_pkey CASCADE"
        )
    Comment(pk=comment.pk, discussion=comment.discussion, body="Twice.").save(
        force_insert=True
    )


def answer_elsewhere(comment):
    elsewhere = Article.objects.create(headline="Ferry sails", slug="ferry-sails")
    Comment.objects.create(
        discussion=elsewhere.discussion, parent=comment, reply_basis="given", body="So?"
    )


def answer_own_reply(comment):
    reply = Comment.objects.create(
        discussion=comment.discussion, parent=comment, reply_basis="given", body="So?"
    )
    move(comment, reply)


BREAKS = {
    "comment_number_once": lambda comment: Comment.objects.create(
        discussion=comment.discussion, number=comment.number, body="Twice."
    ),
    "comment_discussion_id": repeat_key,
    "comment_number_positive": lambda comment: amend(comment, number=0),
    "comment_has_path": lambda comment: amend(comment, path=[]),
    "comment_parent_not_self": lambda comment: move(comment, F("id")),
    "comment_reply_has_basis": lambda comment: amend(comment, reply_basis="given"),
    "comment_confidence_of_inferred": lambda comment: amend(
        comment, reply_confidence=0.5
    ),
    "comment_date_has_precision": lambda comment: amend(comment, posted_at=MARCH),
    "comment_edit_has_precision": lambda comment: amend(comment, edited_at=MARCH),
    "comment_language_is_tag": lambda comment: amend(comment, language="no tag!"),
    "comment_format_valid": lambda comment: amend(comment, body_format="bbcode"),
    "comment_status_valid": lambda comment: amend(comment, status="gone"),
    "comment_kind_valid": lambda comment: amend(comment, kind="poem"),
    "comment_parent_same_discussion": answer_elsewhere,
    "comment_parent_not_descendant": answer_own_reply,
    "comment_place_fixed": lambda comment: amend(comment, number=7),
    "discussion_policy_valid": lambda comment: Discussion.objects.update(policy="ajar"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_rule_is_kept(comment, name):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        BREAKS[name](comment)

    assert broken_rule(refusal) == name


@pytest.mark.django_db
def test_every_rule_is_tried():
    models = apps.get_app_config("comments").get_models()
    declared = {rule.name for model in models for rule in model._meta.constraints}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (regexp_matches(prosrc, 'CONSTRAINT = ''(\\w+)''', 'g'))[1]"
            r" FROM pg_proc WHERE proname LIKE 'comments\_%'"
        )
        raised = {name for (name,) in cursor}

    assert raised == {
        "comment_parent_same_discussion",
        "comment_parent_not_descendant",
        "comment_place_fixed",
    }
    assert BREAKS.keys() == declared | raised


@pytest.mark.parametrize(
    "fields",
    [
        {"reply_basis": ""},
        {"reply_basis": "guessed"},
        {"parent": None},
    ],
    ids=["none", "unknown", "of-no-reply"],
)
def test_reply_has_a_known_basis(make_comment, comment, fields):
    reply = make_comment(parent=comment)

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        amend(reply, **fields)

    assert broken_rule(refusal) == "comment_reply_has_basis"


@pytest.mark.parametrize("confidence", [None, -0.1, 1.1, float("nan")])
def test_inferred_reply_has_confidence(make_comment, comment, confidence):
    reply = make_comment(parent=comment)

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        amend(reply, reply_basis="inferred", reply_confidence=confidence)

    assert broken_rule(refusal) == "comment_confidence_of_inferred"


@pytest.mark.parametrize("confidence", [0, 0.5, 1])
def test_inferred_reply_may_be_as_sure_as_it_is(make_comment, comment, confidence):
    reply = make_comment(
        parent=comment, reply_basis="inferred", reply_confidence=confidence
    )

    reply.refresh_from_db()

    assert reply.reply_confidence == confidence


def test_reply_is_not_moved_to_another_discussion_s_comment(
    make_article, make_comment, comment
):
    elsewhere = make_comment(article=make_article())

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        move(comment, elsewhere)

    assert broken_rule(refusal) == "comment_parent_same_discussion"


def test_ready_made_reply_belongs_to_its_parent_s_discussion(
    make_article, make_comment, comment
):
    elsewhere = make_article().discussion

    make_comment(parent=comment, discussion_id=elsewhere.pk, number=2, path=[1, 2])

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        check_deferred_rules()
    assert broken_rule(refusal) == "comment_parent_same_discussion"
    Comment.objects.filter(discussion=elsewhere).delete()


def test_comment_keeps_its_discussion(make_article, comment):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        amend(comment, discussion=make_article().discussion)

    assert broken_rule(refusal) == "comment_place_fixed"


def test_comment_with_replies_is_not_deleted_alone(make_comment, comment):
    make_comment(parent=comment)

    with pytest.raises(RestrictedError):
        comment.delete()


# Place


def test_moved_comment_takes_its_replies_along(make_comment, comment):
    other = make_comment()
    reply = make_comment(parent=other)
    make_comment(parent=reply)

    move(other, comment)

    paths = Comment.objects.in_reading_order().values_list("path", flat=True)
    assert list(paths) == [[1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]


def test_moved_comment_may_become_a_top_level_one(make_comment, comment):
    reply = make_comment(parent=comment)
    make_comment(parent=reply)

    move(reply, None)

    paths = Comment.objects.in_reading_order().values_list("path", flat=True)
    assert list(paths) == [[1], [2], [2, 3]]


def test_many_may_move_in_one_statement(make_comment, comment):
    second = make_comment()
    third = make_comment(parent=second)
    fourth = make_comment(parent=third)

    Comment.objects.filter(pk__in=[second.pk, third.pk, fourth.pk]).update(
        parent=comment, reply_basis="edited"
    )

    paths = Comment.objects.in_reading_order().values_list("path", flat=True)
    assert list(paths) == [[1], [1, 2], [1, 3], [1, 4]]


def test_saving_a_stale_copy_does_not_undo_a_move(make_comment, comment):
    other = make_comment()
    stale = make_comment(parent=other)
    move(other, comment)

    stale.body = "Well said indeed."
    stale.save()

    read = Comment.objects.get(pk=stale.pk)
    assert (read.body, read.path) == ("Well said indeed.", [1, 2, 3])


def test_saving_a_new_parent_moves(make_comment, comment):
    other = make_comment()

    other.parent, other.reply_basis = comment, "edited"
    other.save()

    assert Comment.objects.get(pk=other.pk).path == [1, 2]


def test_given_number_is_followed_by_the_next(make_comment):
    numbers = [make_comment(number=5).number, make_comment().number]

    assert numbers == [5, 6]


def test_deleted_comment_s_number_is_not_given_again(make_comment, comment):
    comment.delete()

    assert make_comment().number == 2


# Summary


@pytest.fixture
def discussion(make_article):
    return make_article().discussion


@pytest.fixture
def summary(discussion):
    """Return a reader of what the discussion says about its comments."""

    def read():
        discussion.refresh_from_db()
        latest = discussion.last_comment
        return (
            discussion.comment_count,
            discussion.last_number,
            latest and latest.number,
        )

    return read


def write(discussion, *statuses, **fields):
    return Comment.objects.bulk_create(
        Comment(discussion=discussion, body="Well said.", status=status, **fields)
        for status in statuses
    )


def test_story_has_a_closed_discussion_from_the_start(make_article):
    stories = [make_article(), make_article(status="draft")]

    fields = ["article", "policy", "comment_count", "last_number", "last_comment"]
    assert list(Discussion.objects.order_by("pk").values_list(*fields)) == [
        (story.pk, "closed", 0, 0, None) for story in stories
    ]


def test_summary_follows_comments_written_one_by_one(make_comment, discussion, summary):
    found = [summary()]
    for status in ("public", "pending", "public", "spam"):
        make_comment(article=discussion.article, status=status)
        found.append(summary())

    assert found == [(0, 0, None), (1, 1, 1), (1, 2, 1), (2, 3, 3), (2, 4, 3)]


def test_summary_follows_comments_written_in_bulk(discussion, summary):
    comments = write(discussion, "public", "public", "hidden", "removed", "pending")

    assert [comment.number for comment in comments] == [1, 2, 3, 4, 5]
    assert summary() == (2, 5, 2)


@pytest.mark.parametrize("kind", ["pingback", "trackback", "note", "other"])
def test_summary_counts_comments_only(discussion, summary, kind):
    write(discussion, "public")

    write(discussion, "public", kind=kind)

    assert summary() == (1, 2, 1)


def test_summary_follows_a_change_of_kind(discussion, summary):
    comments = write(discussion, "public", "public")

    amend(comments[1], kind="note")

    assert summary() == (1, 2, 1)


def test_summary_follows_moderation(discussion, summary):
    write(discussion, "pending", "public", "public")
    comments = Comment.objects.filter(discussion=discussion)

    counts = [comments.filter(number=3).set_status("hidden")]
    found = [summary()]
    counts.append(comments.filter(number=1).set_status("public"))
    found.append(summary())
    counts.append(comments.set_status("public"))
    found.append(summary())
    counts.append(comments.set_status("spam", reason="Advertising."))
    found.append(summary())

    assert counts == [1, 1, 1, 3]
    assert found == [(1, 3, 2), (2, 3, 2), (3, 3, 3), (0, 3, None)]


def test_summary_follows_deletion(discussion, summary):
    comments = write(discussion, "public", "public", "pending")

    comments[1].delete()
    found = [summary()]
    Comment.objects.all().delete()
    found.append(summary())

    assert found == [(1, 3, 1), (0, 3, None)]


def test_summaries_of_many_discussions_follow_one_statement(make_article):
    discussions = [make_article().discussion for _ in range(3)]
    for count, discussion in enumerate(discussions, 1):
        write(discussion, *["pending"] * count)

    Comment.objects.update(status="public")

    found = Discussion.objects.order_by("pk").values_list("comment_count", flat=True)
    assert list(found) == [1, 2, 3]


@pytest.mark.parametrize(
    "change",
    [
        lambda comment: write(comment.discussion, "public"),
        lambda comment: write(comment.discussion, "pending", "removed"),
        lambda comment: amend(comment, body="Well said indeed."),
        lambda comment: Comment.objects.set_status("hidden"),
        lambda comment: comment.delete(),
        lambda comment: Discussion.objects.update(policy="open"),
        lambda comment: Discussion.objects.update(closes_at=comment.created_at),
    ],
    ids=["insert", "tombstone", "update", "hide", "delete", "policy", "close"],
)
def test_change_mark_of_the_discussion_moves(comment, change):
    before = Discussion.objects.get().changed_at

    change(comment)

    assert Discussion.objects.get().changed_at > before


def _answer_unseen(comment):
    write(comment.discussion, "hidden", parent=comment, reply_basis="given")


@pytest.mark.parametrize(
    "change",
    [
        lambda comment: write(comment.discussion, "pending", "hidden", "spam"),
        lambda comment: write(comment.discussion, "public", kind="pingback"),
        lambda comment: write(comment.discussion, "pending", number=20),
        _answer_unseen,
        lambda comment: Comment.objects.filter(number=2).set_status("spam"),
        lambda comment: Comment.objects.filter(number=2).update(body="Buy!"),
        lambda comment: Comment.objects.filter(number=2).delete(),
        lambda comment: Discussion.objects.update(policy="closed"),
    ],
    ids=["insert", "kind", "number", "reply", "status", "text", "delete", "policy"],
)
def test_change_mark_stays_for_what_readers_never_see(comment, change):
    write(comment.discussion, "pending")
    before = Discussion.objects.get()

    change(comment)

    after = Discussion.objects.get()
    highest = Comment.objects.aggregate(highest=Max("number"))["highest"]
    assert after.changed_at == before.changed_at
    assert after.last_number == max(highest, before.last_number)
    assert (after.comment_count, after.last_comment) == (1, comment)


def test_change_mark_of_other_discussions_stays(make_article, comment):
    other = make_article().discussion

    amend(comment, status="hidden")

    assert Discussion.objects.get(pk=other.pk).changed_at == other.changed_at


def test_story_is_deleted_with_a_deep_thread(make_thread):
    thread = make_thread({number: number - 1 or None for number in range(1, 251)})
    other = make_thread({1: None})

    thread.article.delete()
    check_deferred_rules()

    assert list(Discussion.objects.all()) == [other]
    assert [comment.discussion for comment in Comment.objects.all()] == [other]


# Lists


def test_set_status_says_when_and_why_once(comment, make_comment):
    other = make_comment(status="removed", status_reason="Off topic.")

    count = Comment.objects.set_status("removed", reason="Insulting.")

    comment.refresh_from_db()
    other.refresh_from_db()
    assert count == 1
    assert (comment.status_reason, other.status_reason) == ("Insulting.", "Off topic.")
    assert (comment.status_changed_at is None, other.status_changed_at) == (False, None)


def test_shown_has_tombstones_and_public_has_not(make_comment):
    public = make_comment()
    removed = make_comment(status="removed")
    for status in ("pending", "hidden", "spam"):
        make_comment(status=status)
    make_comment(kind="pingback")

    assert list(Comment.objects.shown().in_reading_order()) == [public, removed]
    assert list(Comment.objects.public()) == [public]


def test_liveliest_discussions_open_with_their_first_shown_comment(
    make_article, make_comment
):
    make_article()
    quiet, lively = make_article(), make_article()
    make_comment(article=quiet, body="Fine.", language="en")
    make_comment(article=lively, body="Hidden.", status="hidden")
    make_comment(article=lively, body="Muito bem.", language="pt")
    make_comment(article=lively, body="Indeed.")

    found = Discussion.objects.liveliest().with_opening_comment()

    assert [
        (found.pk, found.opening_body_html, found.opening_language) for found in found
    ] == [(lively.pk, "<p>Muito bem.</p>", "pt"), (quiet.pk, "<p>Fine.</p>", "en")]


# Many writers at once


def at_once(*tasks):
    """Run tasks at the same moment, each on a connection of its own.

    Return what they return, or the database's refusal.
    """
    start = threading.Barrier(len(tasks))

    def run(task):
        start.wait()
        try:
            return task()
        except DatabaseError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_leave_no_gap_and_a_right_summary(
    make_comment, discussion, summary
):
    first = make_comment(article=discussion.article)

    def write_eight(status, parent):
        for _ in range(8):
            make_comment(article=discussion.article, status=status, parent=parent)

    at_once(
        lambda: write_eight("public", None),
        lambda: write_eight("public", first),
        lambda: write_eight("pending", first),
        lambda: write_eight("hidden", None),
        lambda: write(discussion, *["public", "spam"] * 4),
    )

    comments = Comment.objects.order_by("number")
    public = list(comments.public())
    assert [comment.number for comment in comments] == [*range(1, 42)]
    assert len(public) == 21
    assert summary() == (21, 41, public[-1].number)


@pytest.mark.django_db(transaction=True)
def test_moderators_at_once_leave_a_right_summary(discussion, summary):
    write(discussion, *["pending"] * 12)

    def publish(numbers):
        for number in numbers:
            Comment.objects.filter(number=number).set_status("public")

    at_once(
        lambda: publish(range(1, 7)),
        lambda: publish(range(6, 12)),
        lambda: publish(range(11, 0, -1)),
    )

    assert summary() == (11, 12, 11)


@pytest.mark.django_db(transaction=True)
def test_replies_follow_a_parent_that_moves_at_the_same_time(make_comment, discussion):
    top, moved = (make_comment(article=discussion.article) for _ in range(2))

    at_once(
        lambda: move(moved, top),
        lambda: [make_comment(parent=moved) for _ in range(6)],
    )

    paths = Comment.objects.in_reading_order().values_list("path", flat=True)
    assert list(paths) == [[1], [1, 2], *([1, 2, number] for number in range(3, 9))]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(3))
def test_crossing_moves_never_make_a_circle(make_comment, turn):
    first, second = make_comment(), make_comment()

    results = at_once(lambda: move(first, second), lambda: move(second, first))

    refusals = [result for result in results if result is not None]
    paths = Comment.objects.in_reading_order().values_list("path", flat=True)
    assert [refusal.__cause__.diag.constraint_name for refusal in refusals] == [
        "comment_parent_not_descendant"
    ]
    assert list(paths) in ([[1], [1, 2]], [[2], [2, 1]])


@pytest.mark.django_db(transaction=True)
def test_moving_and_moderating_at_once_wait_for_each_other(make_comment):
    top, other = make_comment(), make_comment()
    moved = make_comment(parent=top)
    reply = make_comment(parent=moved)
    errors = []

    def repeatedly(change):
        try:
            for turn in range(25):
                change(turn)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    def move(turn):
        comment = Comment.objects.get(pk=moved.pk)
        comment.parent = other if turn % 2 else top
        comment.save()

    def moderate(turn):
        comments = Comment.objects.filter(pk__in=[moved.pk, reply.pk])
        comments.set_status("hidden" if turn % 2 else "public")

    threads = [
        threading.Thread(target=repeatedly, args=[change])
        for change in (move, moderate)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    reply.refresh_from_db()
    assert reply.path == [top.number, moved.number, reply.number]


def test_newest_first_is_by_date_then_key_with_unknown_dates_last(make_comment):
    day = datetime(2018, 2, 23, tzinfo=UTC)
    unknown = [make_comment() for _ in range(2)]
    old = make_comment(posted_at=day, posted_precision="day")
    new = make_comment(posted_at=day + timedelta(1), posted_precision="day")
    twin = make_comment(posted_at=day + timedelta(1), posted_precision="day")
    order = [twin, new, old, *reversed(unknown)]

    newest = Comment.objects.newest_first()

    assert list(newest) == order
    for place, comment in enumerate(order, 1):
        assert list(newest.listed_after(comment)) == order[place:]
