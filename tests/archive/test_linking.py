"""Linking: what two systems or two threads say of one page is stored once."""

from collections import Counter

import pytest

from articles.models import Article
from comments.models import Comment
from newsroom.archive.importing import import_file
from newsroom.archive.models import SourceAddress

pytestmark = pytest.mark.django_db

PAGE = "https://harbour.example/2019/ferry/"
AT = {"at": "2019-03-14 09:30:15"}
LATER = {"at": "2019-03-14 10:00:00"}
AT_DISQUS = {"at": "2019-03-14T09:30:15Z"}
LATER_AT_DISQUS = {"at": "2019-03-14T10:00:00Z"}


def answers():
    return set(Comment.objects.exclude(parent=None).values_list("body", "parent__body"))


def what_became(ledger):
    """Return what became of the file's stories and comments, and of which comment."""
    return list(
        ledger.source.records.values_list(
            "kind", "given_id", "outcome", "reason", "comment__body"
        )
    )


def bodies():
    return list(Comment.objects.order_by("pk").values_list("body", flat=True))


# WordPress and Disqus


def test_disqus_after_wordpress_is_linked_by_the_ids_it_names(write_wxr, write_disqus):
    import_file(
        write_wxr({"id": "1", "link": PAGE, "comments": [{"id": "45", "text": "Wet."}]})
    )

    ledger = import_file(
        write_disqus(
            {
                "id": "900",
                "link": "http://www.harbour.example/2019/ferry?utm_source=feed",
                "posts": [
                    {"id": "1", "also": "wp_id=45", "text": "<p>Wet!</p>", **AT_DISQUS},
                    {"id": "2", "parent": "1", "text": "Dry.", **LATER_AT_DISQUS},
                ],
            }
        )
    )

    reason = "The same as “45” in wordpress.xml"
    linked = "Its address is that of a known story"
    assert what_became(ledger) == [
        ("article", "900", "linked", linked, None),
        ("comment", "1", "linked", reason, "Wet."),
        ("comment", "2", "public", "", "Dry."),
    ]
    assert answers() == {("Dry.", "Wet.")}
    assert Article.objects.get().headline == "Story 1"


def test_wordpress_after_disqus_gives_the_story_and_is_linked(write_wxr, write_disqus):
    import_file(
        write_disqus(
            {
                "id": "900",
                "link": PAGE,
                "posts": [
                    {"id": "1", "also": "wp_id=45", "text": "Wet."},
                    {"id": "2", "parent": "1", "text": "Dry."},
                ],
            }
        )
    )

    ledger = import_file(
        write_wxr(
            {
                "id": "1",
                "title": "Ferry sails",
                "link": PAGE,
                "comments": [
                    {"id": "45", "text": "Wet!"},
                    {"id": "46", "parent": "45", "text": "Cold.", **LATER},
                ],
            }
        )
    )

    assert ledger.counts["article"] == Counter(found=1, public=1, changed=1)
    assert what_became(ledger)[:2] == [
        ("comment", "45", "linked", "The same as “1” in disqus.xml", "Wet."),
        ("comment", "46", "public", "", "Cold."),
    ]
    assert answers() == {("Dry.", "Wet."), ("Cold.", "Wet.")}
    story = Article.objects.get()
    assert (story.headline, "It left." in story.body) == ("Ferry sails", True)


def test_wordpress_names_the_ids_of_disqus_too(write_wxr, write_disqus):
    posts = [{"id": "123", "text": "Wet."}]
    import_file(write_disqus({"id": "900", "link": PAGE, "posts": posts}))
    comments = [{"id": "45", "disqus": "123", "text": "Wet?", **LATER}]

    ledger = import_file(write_wxr({"id": "1", "link": PAGE, "comments": comments}))

    reason = "The same as “123” in disqus.xml"
    assert what_became(ledger)[0] == ("comment", "45", "linked", reason, "Wet.")
    assert bodies() == ["Wet."]


def test_named_id_in_another_discussion_is_no_link(write_wxr, write_disqus):
    import_file(write_wxr({"id": "1", "comments": [{"id": "45", "text": "Wet."}]}))

    ledger = import_file(
        write_disqus(
            {
                "id": "900",
                "link": PAGE,
                "posts": [{"id": "1", "also": "wp_id=45", "text": "Wet."}],
            }
        )
    )

    assert ledger.counts["comment"] == Counter(found=1, public=1, new=1)
    assert Comment.objects.count() == 2


def test_same_author_text_and_second_are_one_comment(write_wxr, write_disqus):
    wet = {"id": "45", "author": "Ida", "text": "Wet  &\n cold.", **AT}
    import_file(write_wxr({"id": "1", "link": PAGE, "comments": [wet]}))

    ledger = import_file(
        write_disqus(
            {
                "id": "900",
                "link": PAGE,
                "posts": [
                    {"id": "1", "author": "Ida", "text": "<p>Wet &amp; cold.</p>"},
                    {"id": "2", "author": "Ole", "text": "<p>Wet &amp; cold.</p>"},
                    {"id": "3", "author": "Ida", "text": "<p>Wet.</p>"},
                    {
                        "id": "4",
                        "author": "Ida",
                        "text": "<p>Wet &amp; cold.</p>",
                        "at": "2019-03-14T09:30:16Z",
                    },
                    {"id": "5", "parent": "1", "text": "Yes.", **LATER_AT_DISQUS},
                ],
            }
        )
    )

    records = ledger.source.records.filter(kind="comment")
    assert list(records.values_list("given_id", "outcome")) == [
        ("1", "linked"),
        ("2", "public"),
        ("3", "public"),
        ("4", "public"),
        ("5", "public"),
    ]
    linked = records.get(given_id="1")
    assert (linked.reason, linked.comment.number) == (
        "Its author, text and second are those of comment #1",
        1,
    )
    assert answers() == {("Yes.", linked.comment.body)}


def test_likeness_within_one_system_is_no_link(take_in):
    story = {"type": "article", "id": "1", "headline": "Ferry"}
    wet = {
        "type": "comment",
        "article": "1",
        "body": "Wet.",
        "author_name": "Ida",
        "posted": "2019-03-14T09:30:15Z",
    }
    take_in(story, {**wet, "id": "1"})

    ledger = take_in(story, {**wet, "id": "1"}, {**wet, "id": "2"})

    assert ledger.counts["comment"] == Counter(found=2, hidden=2, new=1, unchanged=1)
    assert Comment.objects.count() == 2


def test_likeness_is_not_enough_where_times_are_not_exact(take_in):
    records = [
        {"type": "article", "id": "1", "headline": "Ferry", "source_url": PAGE},
        {
            "type": "comment",
            "id": "1",
            "article": "1",
            "body": "Wet.",
            "posted": "2019-03-14T09:30Z",
        },
    ]
    take_in(*records)

    ledger = take_in(*records, origin="elsewhere.example")

    assert ledger.counts["article"] == Counter(found=1, linked=1, new=1)
    assert ledger.counts["comment"] == Counter(found=1, hidden=1, new=1)


def test_linked_comments_stay_linked_in_a_newer_file(write_wxr, write_disqus):
    import_file(
        write_wxr({"id": "1", "link": PAGE, "comments": [{"id": "45", "text": "Wet."}]})
    )
    thread = {"id": "900", "link": PAGE}
    posts = [{"id": "1", "also": "wp_id=45", "text": "Wet."}]
    import_file(write_disqus({**thread, "posts": posts}))

    ledger = import_file(
        write_disqus(
            {
                **thread,
                "posts": [
                    {**posts[0], "text": "Wet indeed."},
                    {"id": "2", "parent": "1", "text": "Dry."},
                ],
            }
        )
    )

    assert ledger.counts == {
        "article": Counter(found=1, linked=1, unchanged=1),
        "comment": Counter(found=2, linked=1, public=1, unchanged=1, new=1),
    }
    assert answers() == {("Dry.", "Wet.")}


# Stories by their address


def test_stories_of_one_file_are_not_linked_to_each_other(take_in):
    story = {"type": "article", "headline": "Ferry", "source_url": PAGE}

    ledger = take_in({**story, "id": "1"}, {**story, "id": "2"})

    assert ledger.counts == {"article": Counter(found=2, hidden=2, new=2)}


def test_story_is_known_by_each_of_its_addresses(take_in):
    take_in(
        {
            "type": "article",
            "id": "1",
            "headline": "Ferry",
            "body": "<p>It left.</p>",
            "source_url": PAGE,
            "addresses": ["https://harbour.example/?p=7", "no address"],
        }
    )
    assert sorted(SourceAddress.objects.values_list("address", "key")) == [
        ("https://harbour.example/2019/ferry/", "harbour.example/2019/ferry"),
        ("https://harbour.example/?p=7", "harbour.example/?p=7"),
        ("no address", ""),
    ]

    ledger = take_in(
        {
            "type": "article",
            "id": "a",
            "headline": "Ferry again",
            "addresses": ["http://www.harbour.example/?p=7&replytocom=3"],
        },
        {
            "type": "article",
            "id": "b",
            "headline": "Another",
            "addresses": ["no address"],
        },
        origin="elsewhere.example",
    )

    assert list(ledger.source.records.values_list("given_id", "outcome")) == [
        ("a", "linked"),
        ("b", "hidden"),
    ]
    assert Article.objects.count() == 2


# Threads of one page in one file


def test_threads_of_one_address_become_one_story(write_disqus):
    ledger = import_file(
        write_disqus(
            {
                "id": "1",
                "link": f"{PAGE}?utm_source=feed",
                "posts": [{"id": "11", "text": "Wet."}],
            },
            {
                "id": "2",
                "link": PAGE,
                "posts": [{"id": "21", "text": "Dry.", **LATER_AT_DISQUS}],
            },
            {"id": "3", "link": f"{PAGE}other/", "posts": [{"id": "31"}]},
        )
    )

    assert what_became(ledger)[:3] == [
        ("article", "1", "public", "", None),
        ("article", "2", "linked", "The same page as “1”", None),
        ("article", "3", "public", "", None),
    ]
    first, second, third = ledger.source.records.filter(kind="article")
    assert (first.article, third.article) == (second.article, Article.objects.last())
    assert list(
        first.article.discussion.comments.order_by("number").values_list("body")
    ) == [("Wet.",), ("Dry.",)]


def test_threads_that_share_a_comment_become_one_story(write_disqus):
    """As WordPress's plugin makes them: the thread moved, its posts came along."""
    ledger = import_file(
        write_disqus(
            {
                "id": "1",
                "link": f"{PAGE}?p=1",
                "posts": [
                    {"id": "11", "also": "wp_id=45", "text": "Wet."},
                    {"id": "12", "also": "wp_id=46", "text": "Dry.", "parent": "11"},
                ],
            },
            {
                "id": "2",
                "link": PAGE,
                "posts": [
                    {"id": "21", "also": "wp_id=45", "text": "Wet."},
                    {"id": "22", "parent": "21", "text": "Cold.", **LATER_AT_DISQUS},
                ],
            },
        )
    )

    assert what_became(ledger) == [
        ("article", "1", "public", "", None),
        ("article", "2", "linked", "The same page as “1”", None),
        ("comment", "11", "public", "", "Wet."),
        ("comment", "12", "public", "", "Dry."),
        ("comment", "21", "linked", "The same as “11” in this file", "Wet."),
        ("comment", "22", "public", "", "Cold."),
    ]
    assert bodies() == ["Wet.", "Dry.", "Cold."]
    assert answers() == {("Dry.", "Wet."), ("Cold.", "Wet.")}


def test_threads_are_one_story_however_they_hang_together(write_disqus):
    def thread(id, *shared, **fields):
        posts = [{"id": f"{id}{also}", "also": f"wp_id={also}"} for also in shared]
        return {"id": id, "posts": posts, **fields}

    ledger = import_file(
        write_disqus(
            thread("1", "41"),
            thread("2", "42", "43"),
            thread("3", "44", link=PAGE),
            thread("4", "41", "42"),
            thread("5", "43", link=f"{PAGE}#disqus_thread"),
            thread("6", "60"),
        )
    )

    stories = ledger.source.records.filter(kind="article")
    assert [record.outcome for record in stories] == [
        "public",
        *["linked"] * 4,
        "public",
    ]
    assert len({record.article_id for record in stories[:5]}) == 1
    assert ledger.counts["comment"] == Counter(found=8, public=5, linked=3, new=8)


def test_reply_to_its_own_double_is_stored(write_disqus):
    ledger = import_file(
        write_disqus(
            {
                "id": "1",
                "posts": [
                    {"id": "11", "also": "wp_id=45", "text": "Wet.", "parent": "12"},
                    {"id": "12", "also": "wp_id=45", "text": "Wet."},
                    {"id": "13", "text": "Dry.", "parent": "12"},
                ],
            }
        )
    )

    assert [outcome for _, _, outcome, _, _ in what_became(ledger)[1:]] == [
        "public",
        "linked",
        "public",
    ]
    assert answers() == {("Dry.", "Wet.")}


def test_double_of_a_known_comment_is_linked_to_it_wherever_it_stands(write_disqus):
    first = {"id": "11", "also": "wp_id=45", "text": "Wet."}
    import_file(write_disqus({"id": "1", "posts": [first]}))

    ledger = import_file(
        write_disqus({"id": "1", "posts": [{**first, "id": "12"}, first]})
    )

    assert ledger.counts["comment"] == Counter(
        found=2, public=1, linked=1, new=1, unchanged=1
    )
    assert bodies() == ["Wet."]


def test_thread_without_a_comment_is_set_aside(write_disqus):
    ledger = import_file(write_disqus({"id": "1", "link": PAGE, "posts": []}))

    assert what_became(ledger) == [
        ("article", "1", "set_aside", "A thread without a comment", None)
    ]
    assert Article.objects.count() == 0
