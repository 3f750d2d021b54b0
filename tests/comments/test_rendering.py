import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.utils.html import strip_tags

from comments.rendering import (
    comments_in_words,
    removal_in_words,
    replies_in_words,
    thread_html,
)
from comments.rows import Row
from comments.threads import PAGE_SIZE, SCREEN_DEPTH, Entry, ThreadPage, thread

EVIL = """"'><img src=x onerror=alert(1)>"""


def row(*path, **fields):
    """Return a comment at this path, which no database has seen."""
    known = {
        "pk": 100 + path[-1],
        "parent_id": 100 + path[-2] if len(path) > 1 else None,
        "number": path[-1],
        "path": list(path),
        "reply_basis": "given" if len(path) > 1 else "",
        "author_name": "Rita",
        "author_url": "",
        "body_html": "<p>Well said.</p>",
        "language": "",
        "is_truncated": False,
        "posted_at": None,
        "posted_precision": "unknown",
        "status": "public",
        "status_reason": "",
        "status_changed_at": None,
    }
    return Row(**known | fields)


def html_of(*rows, ancestors=(), language="en", **page):
    entries = thread(rows, ancestors)
    return thread_html(ThreadPage(entries, **page), language)


def words(html):
    return [" ".join(line.split()) for line in strip_tags(unescape(html)).split("\n")]


def headings(html):
    found = re.findall(r"<h3.*?</h3>", html)
    return [" ".join(unescape(strip_tags(heading)).split()) for heading in found]


def test_heading_says_what_the_nesting_shows():
    html = html_of(row(1), row(1, 2), row(1, 2, 3), row(1, 4))

    assert headings(html) == [
        "Rita comment #1 level 1, 3 replies, date unknown",
        "Rita comment #2 level 2, in reply to #1, 1 reply, date unknown",
        "Rita comment #3 level 3, in reply to #2, date unknown",
        "Rita comment #4 level 2, in reply to #1, date unknown",
    ]


def test_capped_reply_names_whom_it_answers():
    whole = list(range(1, SCREEN_DEPTH + 3))

    html = html_of(*(row(*whole[:depth]) for depth in whole))

    assert headings(html)[-1] == (
        f"Rita comment #{whole[-1]} level {SCREEN_DEPTH}, in reply to #{whole[-2]}, "
        "date unknown"
    )
    assert f'<a href="#comment-{100 + whole[-2]}" data-parent>#{whole[-2]}</a>' in html


def test_whatever_somebody_wrote_is_escaped():
    at = datetime(2019, 5, 3, tzinfo=UTC)
    removed = {"status": "removed", "status_reason": EVIL, "status_changed_at": at}
    html = html_of(
        row(
            1, 2, author_name=EVIL, language=EVIL, posted_at=at, posted_precision="day"
        ),
        row(1, 2, 3, **removed),
        row(1, 2, 3, 4, author_name=EVIL),
        ancestors=[row(1, author_name=EVIL)],
    )

    assert "<img" not in html
    assert html.count("&lt;img") >= 6


def test_sanitised_text_stands_as_it_is():
    html = html_of(row(1, body_html="<p>A <em>word</em> &amp; more</p>", language="pt"))

    assert (
        '<div class="comment__body" dir="auto" lang="pt">'
        "<p>A <em>word</em> &amp; more</p></div>" in html
    )
    assert '<abbr class="comment__language" title="Portuguese">pt</abbr>' in html


def test_language_of_the_story_is_not_labelled():
    html = html_of(row(1, language="en"))

    assert ('lang="en"' in html, "<abbr" in html) == (True, False)


@pytest.mark.parametrize(
    ("story", "comment", "way"),
    [
        ("en", "ar", ' dir="rtl"'),
        ("he", "en-GB", ' dir="ltr"'),
        ("en", "pt", ""),
        ("he", "ar", ""),
        ("en", "", ""),
        ("he", "tlh", ""),
    ],
)
def test_comment_runs_its_own_way_where_that_is_not_the_story_s(story, comment, way):
    html = html_of(row(1, language=comment), language=story)

    start = 'id="comment-101" data-number="1" data-top'
    assert f"{start}{way} aria-labelledby=" in html


@pytest.mark.parametrize(
    ("basis", "said"),
    [
        ("given", "Link #2 in reply to #1"),
        ("edited", "Link #2 Set by an editor: in reply to #1"),
        ("inferred", "Link #2 Inferred: in reply to #1"),
    ],
)
def test_reply_link_says_how_it_is_known(basis, said):
    html = html_of(row(1), row(1, 2, reply_basis=basis))

    links = html.rpartition('<p class="comment__links"')[2]
    assert " ".join(strip_tags("<p" + links.split("</p>")[0]).split()) == said


def test_reply_to_what_is_not_shown_says_so():
    html = html_of(row(1, 2))

    assert "A comment that is not shown." in html
    assert "in reply to a comment that is not shown" in html


def test_context_leads_to_its_own_page():
    html = html_of(row(1, 2), ancestors=[row(1)])

    assert 'id="comment-101"' not in html
    assert html.count('href="/comments/101/"') == 2
    assert "Rita, on an earlier page" in " ".join(words(html))


def test_anchors_replace_the_ids_of_comments_and_the_links_to_them():
    html = html_of(row(1), row(1, 2), anchors={101: "comment-7"})

    ids = re.findall(r' id="(comment-\d+)"', html)
    assert ids == ["comment-7", "comment-102"]
    assert 'aria-labelledby="comment-7-heading"' in html
    assert '<a href="#comment-7" data-parent>#1</a>' in html


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["", "Ana"], "2 replies, by an unnamed reader, Ana"),
        (["", "Ana", ""], "3 replies, by unnamed readers, Ana"),
        (["Ana"], "1 reply, by Ana"),
    ],
)
def test_fold_says_how_many_replied_and_who(names, said):
    replies = [row(1, number, author_name=name) for number, name in enumerate(names, 2)]

    html = html_of(row(1), *replies, row(9))

    fold = re.search(r"<summary.*?</summary>", html)[0]
    assert strip_tags(fold) == said


def test_removed_comment_is_a_tombstone_with_its_reason():
    at = datetime(2019, 5, 3, tzinfo=UTC)
    comment = row(1, status="removed", status_reason="An attack", status_changed_at=at)

    html = html_of(comment, row(1, 2))

    assert removal_in_words(comment) == "Removed by a moderator, 3 May 2019: An attack"
    assert "#1 Removed by a moderator, 3 May 2019: An attack." in words(html)
    assert "Well said" not in html.split("</div>")[0]


def test_numbers_in_words():
    assert [comments_in_words(n) for n in (0, 1, 2, 10_000)] == [
        "0 comments",
        "1 comment",
        "2 comments",
        "10,000 comments",
    ]
    assert [replies_in_words(n) for n in (1, 2)] == ["1 reply", "2 replies"]


def test_lists_of_a_page_close():
    rows = [row(1), *(row(1, number) for number in range(2, PAGE_SIZE))]
    rows[3:3] = [row(1, 3, 900), row(1, 3, 900, 901)]

    html = html_of(*rows)

    for tag in ("ol", "li", "details", "article"):
        assert html.count(f"<{tag} ") + html.count(f"<{tag}>") == html.count(
            f"</{tag}>"
        )


def test_entry_without_a_thread_is_written_flat():
    entry = Entry(row(1, 2), [1, 2], 1, Entry(row(1), [1], 1, None, is_context=True))

    html = thread_html(ThreadPage([entry]), "en")

    assert '<a href="/comments/101/" data-parent>#1</a>' in html
