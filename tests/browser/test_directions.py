"""Stories that run right to left on a site that does not, and the other way round."""

import json
from datetime import UTC, datetime

import pytest

from articles.models import Article, ArticleRevision, Author, Byline, Section
from newsroom.archive.importing import import_file

AT = {
    "posted_at": datetime(2024, 2, 24, 10, tzinfo=UTC),
    "posted_precision": "minute",
}
# Its words and signs as the eye finds them on a line, from left to right.
AS_SEEN = """element => {
  const found = [];
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.parentElement.closest(".visually-hidden")) continue;
    for (const match of text.data.matchAll(/[\\p{L}\\p{N}]+|\\S/gu)) {
      const range = document.createRange();
      range.setStart(text, match.index);
      range.setEnd(text, match.index + match[0].length);
      found.push([range.getBoundingClientRect().left, match[0]]);
    }
  }
  return found.sort((a, b) => a[0] - b[0]).map(([left, word]) => word).join(" ");
}"""
ALIGNMENT = """element => {
  const style = getComputedStyle(element);
  const start = style.direction === "rtl" ? "right" : "left";
  return style.textAlign === "start" ? start : style.textAlign;
}"""


def _seen(page, selector):
    return [element.evaluate(AS_SEEN) for element in page.locator(selector).all()]


def _line(page, selector):
    return page.locator(selector).first.evaluate(AS_SEEN)


@pytest.fixture
def flood(make_article):
    article = make_article(
        headline="נהר עולה",
        standfirst="בלילה עלה הנהר.",
        slug="flood",
        language="he",
        section=Section.objects.create(name="City", slug="city"),
        published_at=AT["posted_at"],
        published_precision="minute",
        published_basis="given",
    )
    author = Author.objects.create(name="ליאת", slug="liat")
    Byline.objects.create(article=article, author=author)
    return article


def test_words_of_the_site_keep_their_order_in_a_thread(
    open_page, live_server, flood, make_comment
):
    top = make_comment(
        article=flood, author_name="ליאת", body="עלה", language="he", **AT
    )
    make_comment(parent=top, language="ar", body="نهر", **AT)
    make_comment(parent=top, language="en", author_name="Ann", body="It rose", **AT)
    removed = make_comment(article=flood)
    removed.set_status("removed", reason="An attack")
    removed.save()

    page = open_page(live_server.url + flood.get_absolute_url())
    seen = _seen(page, ".comment__heading")

    date = "24 February 2024 , 10 : 00"
    assert seen == [
        f"{date} # 1 ליאת",
        f"ar {date} # 2 Unnamed reader",
        f"Ann # 3 {date} en",
    ]
    assert (
        page.locator(".comment__heading")
        .nth(1)
        .evaluate(
            """heading => {
          const [name, number] = heading.children;
          const range = document.createRange();
          range.selectNodeContents([...number.childNodes].find(
            (node) => node.nodeType === 3 && node.data.includes("#")));
          const right = Math.max(...[...range.getClientRects()].map((r) => r.right));
          return name.getBoundingClientRect().left - right >= 8;
        }"""
        )
    )
    assert _line(page, ".comment__answers") == "in reply to # 1"
    assert _line(page, ".tombstone").startswith("# 4 Removed by a moderator ,")
    assert _line(page, ".tombstone").endswith(": An attack .")
    assert page.locator(".tombstone").evaluate(ALIGNMENT) == "right"
    assert _line(page, ".story__line time") == date
    page.locator(".branch__fold").click()
    fold = page.locator(".branch__fold")
    assert fold.evaluate(AS_SEEN) == "2 replies , by an unnamed reader , Ann"
    assert [
        body.evaluate(ALIGNMENT) for body in page.locator(".comment__body").all()
    ] == ["right", "right", "left"]


def test_right_to_left_comments_of_a_left_to_right_story_stay_right(
    open_page, live_server, make_comment
):
    comment = make_comment(author_name="ליאת", language="he", body="הנהר עולה", **AT)

    page = open_page(live_server.url + comment.discussion.article.get_absolute_url())

    assert _seen(page, ".comment__heading") == [
        "he 24 February 2024 , 10 : 00 # 1 ליאת"
    ]
    heading = page.locator(".comment__heading").bounding_box()
    name = page.locator(".comment__author").bounding_box()
    ends = [box["x"] + box["width"] for box in (heading, name)]
    assert ends[0] == pytest.approx(ends[1], abs=1)
    assert page.locator(".comment__body").evaluate(ALIGNMENT) == "right"


def test_sentence_about_a_silent_story_ends_with_its_full_stop(
    open_page, live_server, flood
):
    flood.discussion.policy = "closed"
    flood.discussion.save()

    page = open_page(live_server.url + flood.get_absolute_url())

    assert _line(page, ".empty").endswith("and its discussion is closed .")


def test_what_is_known_of_a_copy_runs_as_the_site_does(
    open_page, live_server, tmp_path
):
    lines = [
        {"type": "archive", "format": "newsroom-archive", "version": 1, "origin": "f"},
        {"type": "article", "id": "נהר", "headline": "נהר", "language": "he"},
    ]
    path = tmp_path / "flood.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    import_file(path)
    Article.objects.update(status="published")

    story = live_server.url + Article.objects.get().get_absolute_url()
    page = open_page(story, width=700)
    page.locator(".provenance__file summary").click()
    facts = _seen(page, ".provenance dd")

    assert facts[2].endswith("from a Newsroom archive")
    assert facts[-1].startswith("נהר , bytes 79 to ")


def test_date_of_a_correction_stands_before_its_note(open_page, live_server, flood):
    ArticleRevision.objects.create(
        article=flood,
        number=1,
        headline="נהר",
        note="הנהר עלה.",
        is_correction=True,
        created_at=AT["posted_at"],
    )

    page = open_page(live_server.url + flood.get_absolute_url())

    assert _line(page, ".correction") == (". עלה הנהר : Correction , 24 February 2024")


def _alignments(page, entry):
    """Return which way each line of an entry is aligned, by what can be seen of it."""
    return page.locator(entry).first.evaluate(
        """entry => {
          const box = entry.getBoundingClientRect();
          const style = getComputedStyle(entry);
          const left = box.left + parseFloat(style.paddingLeft);
          const right = box.right - parseFloat(style.paddingRight);
          return [...new Set([...entry.children].map((line) => {
            const range = document.createRange();
            range.selectNodeContents(line);
            const texts = range.getBoundingClientRect();
            // Within a quotation mark of it.
            if (Math.abs(texts.right - right) < 12) return "right";
            return Math.abs(texts.left - left) < 12 ? "left" : "neither";
          }))];
        }"""
    )


@pytest.mark.parametrize("width", [360, 1280])
def test_entry_of_a_list_has_the_alignment_of_its_headline(
    open_page, live_server, flood, make_article, make_comment, width
):
    make_comment(article=flood, body="The river rose at night", language="en", **AT)
    make_article(headline="The river", standfirst="It rose.", language="en")
    page = open_page(live_server.url, width=width)

    hebrew, english = ".teaser[lang=he]", ".teaser[lang=en]"
    assert _alignments(page, hebrew) == ["right"]
    assert _alignments(page, english) == ["left"]
    assert _alignments(page, ".liveliest__item") == ["right"]
    assert _line(page, f"{hebrew} time") == "24 February 2024 , 10 : 00"
    page.goto(f"{live_server.url}/search/?q=נהר")
    assert _alignments(page, ".hits__item") == ["right"]


def test_citation_keeps_its_parts_and_their_address_in_order(
    open_page, live_server, flood
):
    page = open_page(f"{live_server.url}{flood.get_absolute_url()}cite/")

    *parts, address = page.locator(".cite__text bdi").all()

    assert [part.evaluate(AS_SEEN) for part in parts] == [
        "ליאת",
        "” עולה נהר “",
        "Newsroom , 24 February 2024",
    ]
    lefts = [part.bounding_box()["x"] for part in parts]
    assert lefts == sorted(lefts)
    assert address.text_content() == live_server.url + flood.get_absolute_url()
    assert address.evaluate("element => getComputedStyle(element).direction") == "ltr"
