"""Newer files of one origin: what they change here, and what they leave alone."""

from collections import Counter

import pytest

from articles.models import Article
from comments.models import Comment, Discussion
from newsroom.archive.importing import import_file, import_source
from newsroom.archive.models import Record, SourceAddress

pytestmark = pytest.mark.django_db

DELETED = "It was deleted here after an earlier file had brought it"


def article(id="ferry", **fields):
    given = {"headline": f"Story {id}", "status": "published"}
    return {"type": "article", "id": id, **given, **fields}


def comment(id, **fields):
    given = {"article": "ferry", "body": f"Comment {id}.", "status": "public"}
    return {"type": "comment", "id": id, **given, **fields}


def reply(id, parent, **fields):
    return comment(id, parent=parent, **fields)


def section(id, name):
    return {"type": "section", "id": id, "name": name}


def answers():
    return set(Comment.objects.exclude(parent=None).values_list("body", "parent__body"))


def what_became(ledger):
    return list(
        ledger.source.records.values_list("given_id", "outcome", "change", "reason")
    )


def paths():
    comments = Comment.objects.in_reading_order()
    return list(comments.values_list("body", "path"))


# Comments


def test_unchanged_file_changes_no_row(take_in):
    take_in(article(), comment("1"), reply("2", "1"))
    before = list(Article.objects.values()), list(Comment.objects.values())

    ledger = take_in(article(), comment("1"), reply("2", "1"), note="A newer one.")

    assert ledger.counts == {
        "article": Counter(found=1, public=1, unchanged=1),
        "comment": Counter(found=2, public=2, unchanged=2),
    }
    assert (list(Article.objects.values()), list(Comment.objects.values())) == before


def test_changed_comment_keeps_its_place_and_its_key(take_in):
    take_in(article(), comment("0"), comment("1"))
    before = Comment.objects.get(body="Comment 1.")

    take_in(
        article(),
        comment(
            "1",
            body="Now **so**.",
            body_format="markdown",
            author_name="Ida",
            author_url="https://ida.example",
            posted="2019-03-14",
            edited="2019-03-15",
            language="en",
            kind="pingback",
            is_truncated=True,
        ),
    )

    after = Comment.objects.get(pk=before.pk)
    assert (after.number, after.path, after.body, after.body_html) == (
        2,
        [2],
        "Now **so**.",
        "<p>Now <strong>so</strong>.</p>\n",
    )
    assert (after.author_name, after.author_url, after.kind, after.is_truncated) == (
        "Ida",
        "https://ida.example",
        "pingback",
        True,
    )
    assert (after.posted_precision, after.edited_precision) == ("day", "day")
    assert Discussion.objects.get().comment_count == 1


def test_second_comment_of_an_id_is_known_again(take_in):
    take_in(article(), comment("1", body="One."), comment("1", body="Other."))

    ledger = take_in(article(), comment("1", body="One."), comment("1", body="New."))

    assert ledger.counts["comment"] == Counter(
        found=2, public=2, unchanged=1, changed=1
    )
    by_number = Comment.objects.order_by("number").values_list("body", flat=True)
    assert list(by_number) == ["One.", "New."]


def test_status_that_a_moderator_set_stays(take_in):
    take_in(article(), comment("1", status="pending"), comment("2", status="pending"))
    Comment.objects.filter(body="Comment 1.").set_status("spam")

    ledger = take_in(article(), comment("1"), comment("2"))

    assert what_became(ledger)[1:] == [
        ("1", "hidden", "changed", ""),
        ("2", "public", "changed", ""),
    ]
    by_number = Comment.objects.order_by("number").values_list("status", flat=True)
    assert list(by_number) == ["spam", "public"]


def test_deleted_comment_stays_deleted_and_its_replies_are_stored(take_in):
    take_in(article(), comment("1"))
    Comment.objects.get().delete()

    for _ in range(2):
        ledger = take_in(article(), comment("1", body="Back."), reply("2", "1"))

    assert what_became(ledger)[1:] == [
        ("1", "set_aside", "unchanged", DELETED),
        ("2", "public", "new", "Its parent “1” was set aside"),
    ]
    assert paths() == [("Comment 2.", [2])]


# Parents


def test_comment_that_gets_another_parent_takes_its_replies_along(take_in):
    take_in(article(), comment("1"), comment("2"), reply("3", "2"))

    take_in(article(), comment("1"), reply("2", "1"), reply("3", "2"))

    assert paths() == [
        ("Comment 1.", [1]),
        ("Comment 2.", [1, 2]),
        ("Comment 3.", [1, 2, 3]),
    ]


def test_comment_that_answers_nobody_any_more_goes_to_the_top(take_in):
    take_in(article(), comment("1"), reply("2", "1"), reply("3", "2"))

    take_in(article(), comment("1"), comment("2"), reply("3", "2"))

    assert paths() == [
        ("Comment 1.", [1]),
        ("Comment 2.", [2]),
        ("Comment 3.", [2, 3]),
    ]


def test_reply_and_parent_may_change_places(take_in):
    take_in(article(), comment("1"), reply("2", "1"), reply("3", "2"))

    take_in(article(), reply("1", "2"), comment("2"), reply("3", "1"))

    assert paths() == [
        ("Comment 2.", [2]),
        ("Comment 1.", [2, 1]),
        ("Comment 3.", [2, 1, 3]),
    ]


def test_thread_may_turn_upside_down(take_in):
    take_in(article(), comment("0"), reply("1", "0"), reply("2", "1"), reply("3", "2"))

    take_in(article(), comment("0"), reply("1", "2"), reply("2", "3"), reply("3", "0"))

    assert paths() == [
        ("Comment 0.", [1]),
        ("Comment 3.", [1, 4]),
        ("Comment 2.", [1, 4, 3]),
        ("Comment 1.", [1, 4, 3, 2]),
    ]


def test_parent_that_an_editor_set_stays(take_in):
    take_in(article(), comment("1"), comment("2"), reply("3", "1"))
    Comment.objects.filter(body="Comment 3.").update(
        parent=Comment.objects.get(body="Comment 2."), reply_basis="edited"
    )

    take_in(article(), comment("1"), comment("2"), reply("3", "1", body="Other."))

    assert answers() == {("Other.", "Comment 2.")}


def test_parent_in_an_earlier_file_is_found(take_in):
    take_in(article(), comment("1"))

    ledger = take_in(article(), reply("2", "1"))

    assert what_became(ledger)[1:] == [("2", "public", "new", "")]
    assert answers() == {("Comment 2.", "Comment 1.")}


def test_parent_whose_id_an_earlier_file_has_twice_is_the_first(take_in):
    take_in(article(), comment("1", body="One."), comment("1", body="Other."))

    take_in(article(), reply("2", "1"))

    assert answers() == {("Comment 2.", "One.")}


def test_parent_that_this_file_has_only_broken_is_that_of_an_earlier_file(take_in):
    take_in(article(), comment("1"))

    ledger = take_in(article(), comment("1", language="?"), reply("2", "1"))

    assert what_became(ledger)[2] == ("2", "public", "new", "")
    assert answers() == {("Comment 2.", "Comment 1.")}


def test_parent_in_a_file_of_another_origin_is_not_found(take_in):
    take_in(article(source_url="https://example.org/ferry"), comment("1"))

    take_in(
        article(source_url="https://example.org/ferry"),
        reply("2", "1"),
        origin="elsewhere.example",
    )

    assert paths() == [("Comment 1.", [1]), ("Comment 2.", [2])]
    assert Record.objects.get(given_id="2").awaits_parent


def test_parent_that_comes_later_gets_all_its_replies(take_in):
    take_in(article(), reply("2", "1"), reply("3", "2"), reply("4", "1"))

    take_in(article(), comment("0"))
    take_in(article(), reply("1", "0"))

    assert paths() == [
        ("Comment 0.", [4]),
        ("Comment 1.", [4, 5]),
        ("Comment 2.", [4, 5, 1]),
        ("Comment 3.", [4, 5, 1, 2]),
        ("Comment 4.", [4, 5, 3]),
    ]
    assert not Record.objects.filter(awaits_parent=True).exists()


def test_parent_that_comes_later_and_answers_its_reply_closes_no_circle(take_in):
    take_in(article(), reply("1", "2"))

    take_in(article(), reply("2", "1"))

    assert paths() == [("Comment 1.", [1]), ("Comment 2.", [1, 2])]
    record = Record.objects.get(given_id="1")
    assert (record.awaits_parent, record.reason) == (
        False,
        "Its parent answers it in turn",
    )


# Stories


def test_story_that_an_editor_has_not_touched_is_changed_again(take_in):
    for body in ("<p>One.</p>", "<p>Two.</p>", "<p>Three.</p>"):
        take_in(article(body=body))

    story = Article.objects.get()
    assert story.body == "<p>Three.</p>"
    assert [
        (revision.number, revision.body, revision.editor)
        for revision in story.revisions.all()
    ] == [(2, "<p>Two.</p>", None), (1, "<p>One.</p>", None)]


def test_changed_story_gets_its_new_section_topics_and_byline(take_in):
    people = [
        {"type": "author", "id": "ida", "name": "Ida"},
        {"type": "author", "id": "ole", "name": "Ole"},
    ]
    parts = [section("sea", "Sea"), section("land", "Land")]
    take_in(
        *people,
        *parts,
        article(section="sea", authors=["ida"], topics=["Ships"], slug="ferry"),
    )

    take_in(
        *people,
        *parts,
        article(section="land", authors=["ole", "ida"], topics=["Trains"], slug="x"),
    )

    story = Article.objects.get()
    assert (story.section.name, story.slug) == ("Land", "ferry")
    assert [str(topic) for topic in story.topics.all()] == ["Trains"]
    assert [str(byline) for byline in story.bylines.all()] == ["Ole", "Ida"]


def test_deleted_story_stays_deleted_with_its_comments(take_in):
    take_in(article(), comment("1"))
    Article.objects.get().delete()

    ledger = take_in(article(headline="Back"), comment("1"), comment("2"))

    assert what_became(ledger) == [
        ("ferry", "set_aside", "unchanged", DELETED),
        ("1", "set_aside", "new", "Its story “ferry” was set aside"),
        ("2", "set_aside", "new", "Its story “ferry” was set aside"),
    ]
    assert not Article.objects.exists()


def test_known_story_of_an_unknown_section_is_left_as_it_is(take_in):
    take_in(section("sea", "Sea"), article(section="sea"), comment("1"))

    ledger = take_in(article(section="land"), comment("1"), comment("2"))

    assert what_became(ledger) == [
        ("ferry", "set_aside", "changed", "The file has no section “land”"),
        ("1", "public", "unchanged", ""),
        ("2", "public", "new", ""),
    ]
    assert Article.objects.get().section.name == "Sea"


# Stories that only comments name


def test_comments_without_a_story_stand_under_a_draft(take_in):
    ledger = take_in(comment("1"), comment("2"), comment("3", article="bridge"))

    assert ledger.counts == {"comment": Counter(found=3, public=3, new=3)}
    stories = Article.objects.order_by("pk")
    assert [(one.headline, one.status, one.body) for one in stories] == [
        ("Story ferry", "draft", ""),
        ("Story bridge", "draft", ""),
    ]
    assert list(Comment.objects.order_by("pk").values_list("discussion")) == [
        (stories[0].pk,),
        (stories[0].pk,),
        (stories[1].pk,),
    ]
    assert list(SourceAddress.objects.order_by("pk").values_list("key")) == [
        ("example.org ferry",),
        ("example.org bridge",),
    ]


def test_newer_comments_find_the_draft_of_the_earlier_ones(take_in):
    take_in(comment("1"))

    take_in(reply("2", "1"))

    assert Article.objects.count() == 1
    assert paths() == [("Comment 1.", [1]), ("Comment 2.", [1, 2])]


def test_draft_of_another_origin_is_another_story(take_in):
    take_in(comment("1"))

    take_in(comment("1"), origin="elsewhere.example")

    assert Article.objects.count() == 2


def test_draft_gets_its_story_by_a_later_file(take_in):
    take_in(comment("1"), reply("2", "1"))
    draft = Article.objects.get()

    ledger = take_in(
        article(
            body="<p>It left.</p>",
            policy="open",
            former_slugs=["boat"],
            revisions=[{"number": 1, "headline": "Boat sails"}],
        ),
        comment("1"),
        reply("3", "1"),
    )

    assert what_became(ledger)[0] == ("ferry", "public", "changed", "")
    story = Article.objects.get()
    assert (story.pk, story.headline, story.status, story.body) == (
        draft.pk,
        "Story ferry",
        "published",
        "<p>It left.</p>",
    )
    assert [revision.headline for revision in story.revisions.all()] == ["Boat sails"]
    assert [str(slug) for slug in story.former_slugs.all()] == ["boat"]
    assert story.discussion.policy == "open"
    assert answers() == {
        ("Comment 2.", "Comment 1."),
        ("Comment 3.", "Comment 1."),
    }


def test_deleted_draft_does_not_come_back(take_in):
    take_in(comment("1"))
    Article.objects.get().delete()

    ledger = take_in(comment("1"), note="A newer one.")

    assert what_became(ledger) == [("1", "set_aside", "unchanged", DELETED)]
    assert not Article.objects.exists()


# Again


def test_reading_again_brings_what_was_set_aside_before(take_in, monkeypatch):
    from newsroom.archive.formats import jsonl

    monkeypatch.setattr(jsonl, "MAX_ID_LENGTH", 3)
    path_id = "comment-1"
    source = take_in(article("1"), comment(path_id, article="1")).source
    assert Comment.objects.count() == 0
    monkeypatch.undo()

    ledger = import_source(source, again=True)

    assert ledger.counts["comment"] == Counter(found=1, public=1, new=1)
    assert Comment.objects.get().records.get().given_id == path_id
    assert source.records.count() == 2


def test_reading_again_keeps_what_was_deleted_and_decided_here(take_in):
    source = take_in(article(), comment("1"), comment("2")).source
    Comment.objects.filter(body="Comment 1.").delete()
    Comment.objects.filter(body="Comment 2.").set_status("removed", "Rude")

    ledger = import_source(source, again=True)

    assert what_became(ledger) == [
        ("ferry", "public", "unchanged", ""),
        ("1", "set_aside", "unchanged", DELETED),
        ("2", "hidden", "unchanged", ""),
    ]
    assert list(Comment.objects.values_list("body", "status", "status_reason")) == [
        ("Comment 2.", "removed", "Rude")
    ]


def test_reading_again_shows_stories_and_comments_as_they_are_read_now(write_wxr):
    text = "See:\n<ul>\n<li>it</li>\n</ul>"
    comments = [{"id": 1, "text": text}, {"id": 2, "text": text}]
    path = write_wxr({"id": 7, "body": text, "comments": comments})
    source = import_file(path).source
    shown = Article.objects.get().body, Comment.objects.get(number=1).body_html
    # As an earlier version read it, before a digest knew of the difference.
    Article.objects.update(body="<p>See:<br><ul><br></ul></p>")
    source.records.filter(kind="article").update(digest=b"")
    Comment.objects.update(body_html="<p>See:<br></p>")
    Comment.objects.filter(number=2).set_status("hidden")

    ledger = import_source(source, again=True)

    article = Article.objects.get()
    assert article.body == shown[0] == "<p>See:</p>\n<ul>\n<li>it</li>\n</ul>"
    assert list(
        Comment.objects.order_by("number").values_list("body_html", "status")
    ) == [(shown[1], "public"), (shown[1], "hidden")]
    assert ledger.counts["comment"] == Counter(found=2, public=1, hidden=1, changed=2)
    assert import_source(source, again=True).counts["comment"]["changed"] == 0


def test_dry_run_of_a_newer_file_has_the_ledger_of_the_real_run(take_in, write_archive):
    take_in(article(), comment("1"), comment("2"), comment("3"))
    Comment.objects.get(body="Comment 3.").delete()
    path = write_archive(
        article(headline="Ferry stays"),
        comment("1", body="Now."),
        comment("2"),
        comment("3"),
        reply("4", "2"),
        reply("5", "9"),
    )

    dry = import_file(path, dry_run=True)

    real = import_file(path)
    assert (dry.as_json(), dry.reasons) == (real.as_json(), real.reasons)
