"""The format of plain-text captures, alone: bytes in, records out."""

import html
import io
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from newsroom.archive.formats import capture
from newsroom.archive.records import (
    UNKNOWN_TIME,
    ArticleRecord,
    AuthorRecord,
    CommentRecord,
    Condition,
    FormatError,
    SourceRecord,
)
from newsroom.archive.unpacking import fragment

STORY = """\
Ferry to the islands sails again

The ferry left the harbour on Monday morning with forty passengers on board.

It had been in the yard since autumn, where it was given a new engine.
"""
BULLETS = ["•", "‣", "◦", "▪", "*", "-", "–"]


def read(given):
    """Return what is found in a capture, given as text or as bytes."""
    data = given.encode() if isinstance(given, str) else given
    return list(capture.read(io.BytesIO(data)))


def kept(given):
    """Return what stands in the place of each record."""
    data = given.encode() if isinstance(given, str) else given
    return [
        fragment(io.BytesIO(data), len(data), 0, found.start, found.end)
        for found in read(data)
        if found.end
    ]


def of(kind, given):
    return [found.record for found in read(given) if isinstance(found.record, kind)]


def story(given):
    [article] = of(ArticleRecord, given)
    return article


def comments(given):
    return [comment.body for comment in of(CommentRecord, given)]


def plain(body):
    """Return the paragraphs of a body as the text they were made from."""
    paragraphs = [line.removeprefix("<p>") for line in body.split("</p>")[:-1]]
    texts = [paragraph.strip("\n").removeprefix("<p>") for paragraph in paragraphs]
    return [html.unescape(text.replace("<br>", "\n")) for text in texts]


# The seed


def test_seed_has_one_writer_whose_biography_is_the_closing_paragraph(seed):
    blocks = seed.read_text().split("\n\n")
    closing = next(
        before for before, after in pairwise(blocks) if after.lstrip().startswith("•")
    )

    authors = of(AuthorRecord, seed.read_bytes())

    assert authors == [
        AuthorRecord(id="1", name="Dan Thorp-Lancaster", biography=closing)
    ]


def test_seed_has_one_story_of_five_paragraphs(seed):
    headline, *blocks = seed.read_text().split("\n\n")

    article = story(seed.read_bytes())

    assert plain(article.body) == blocks[:5]
    assert replace(article, body="") == ArticleRecord(
        id="1",
        headline=headline,
        body="",
        language="en",
        status="published",
        authors=("1",),
    )


def test_seed_has_thirteen_comments_in_order_without_parents(seed):
    lines = [line.strip() for line in seed.read_text().splitlines()]
    bodies = [line.removeprefix("• ") for line in lines if line.startswith("• ")]

    found = of(CommentRecord, seed.read_bytes())

    assert len(bodies) == 13
    assert found == [
        CommentRecord(
            id=str(number),
            article="1",
            body=body,
            language="pt" if number == 13 else "en",
            is_truncated=number == 13,
            status="public",
        )
        for number, body in enumerate(bodies, 1)
    ]


def words_of(text):
    return Counter(line.strip() for line in text.splitlines() if line.strip())


def test_seed_is_accounted_for_line_by_line(seed):
    assert words_of("\n".join(kept(seed.read_bytes()))) == words_of(seed.read_text())


# The story


ABOUT = "Ida Moe is a reporter who covers the coast — of Øst. 😀"
PLACED = f"\n{STORY}\n{ABOUT}\n\n  • Good 😀,\n\n    é.\n\n  • Better.\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
    ],
    ids=["plain", "BOM", "UTF-16 LE", "UTF-16 BE"],
)
def test_records_say_where_they_stand(encoding, mark, newline):
    texts = [ABOUT, STORY.strip(), "• Good 😀,\n\n    é.", "• Better."]
    data = mark + PLACED.replace("\n", newline).encode(encoding)

    assert [type(found.record) for found in read(data)] == [
        SourceRecord,
        AuthorRecord,
        ArticleRecord,
        CommentRecord,
        CommentRecord,
        Condition,
    ]
    assert kept(data) == [text.replace("\n", newline) for text in texts]


def test_books_count_each_bullet_and_what_stands_before_them():
    [condition] = of(Condition, PLACED)

    assert condition == Condition(opened={"comment": 2, "other": 2})


def test_headline_is_the_first_line_even_without_a_blank_one_after_it():
    article = story("  Ferry sails again \nIt left on Monday.\nIt came back.\n")

    assert article.headline == "Ferry sails again"
    assert article.body == "<p>It left on Monday.<br>It came back.</p>"


def test_headline_alone_is_a_story_without_a_body():
    assert story("Ferry sails again") == ArticleRecord(
        id="1", headline="Ferry sails again", body="", status="published"
    )
    assert kept("Ferry sails again") == ["Ferry sails again"]


def test_story_without_comments_has_none():
    found = [type(found.record) for found in read(STORY)]

    assert found == [SourceRecord, ArticleRecord, Condition]


def test_story_keeps_markup_as_text():
    text = "Fish & <b>chips</b>\n\nThey said: <script>alert('1 & 2')</script>.\n"

    article = story(text)

    assert article.headline == "Fish & <b>chips</b>"
    assert article.body == (
        "<p>They said: &lt;script&gt;alert('1 &amp; 2')&lt;/script&gt;.</p>"
    )


def test_typing_errors_stay():
    text = "Teh ferrry  sails\n\nIt lef on Munday ,at nine..\n\n  • Graet newss!!1\n"

    article = story(text)

    assert article.headline == "Teh ferrry  sails"
    assert article.body == "<p>It lef on Munday ,at nine..</p>"
    assert comments(text) == ["Graet newss!!1"]


def test_list_in_the_middle_of_the_story_stays_there():
    text = f"{STORY}\n  • nine o’clock\n  • noon\n\nTickets cost five crowns.\n"

    article = story(text)

    assert comments(text) == []
    assert plain(article.body)[2:] == [
        "• nine o’clock\n• noon",
        "Tickets cost five crowns.",
    ]


def test_list_in_the_story_does_not_hide_the_comments():
    text = f"{STORY}\n  • nine\n\nTickets cost five crowns.\n\n  • Too much!\n"

    assert comments(text) == ["Too much!"]


def test_nothing_is_invented():
    [source] = of(SourceRecord, STORY)
    article = story(STORY)
    [comment] = of(CommentRecord, f"{STORY}\n  • Ida, 3 May 2011: I agree.\n")

    assert (source.origin, source.url, source.captured) == ("", "", UNKNOWN_TIME)
    assert (article.published, article.source_url, article.section) == (
        UNKNOWN_TIME,
        "",
        "",
    )
    assert comment == CommentRecord(
        id="1",
        article="1",
        body="Ida, 3 May 2011: I agree.",
        language="en",
        status="public",
    )


def test_source_says_what_a_capture_keeps_and_loses():
    [source] = of(SourceRecord, STORY)

    assert source == SourceRecord(note=capture.NOTE)


# The writer


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("Ida Moe", "is a reporter who covers the coast."),
        ("Ida Moe", "writes about ships and those who build them."),
        ("Jean-Luc O’Neill", "was the editor of this page until 2009."),
        ("Ida van der Moe", "is a freelance journalist."),
        ("Åsa Öberg", "covers the north for us."),
    ],
)
def test_writer_is_a_closing_paragraph_with_a_name_and_a_craft(name, rest):
    text = f"{STORY}\n{name} {rest}\n\n  • Well told.\n"

    assert of(AuthorRecord, text) == [
        AuthorRecord(id="1", name=name, biography=f"{name} {rest}")
    ]
    assert story(text).authors == ("1",)
    assert story(text).body == story(STORY).body


def test_writer_may_take_several_lines():
    text = f"{STORY}\nIda Moe is a reporter\nwho covers the coast.\n"

    [author] = of(AuthorRecord, text)

    assert author.biography == "Ida Moe is a reporter who covers the coast."


@pytest.mark.parametrize(
    "paragraph",
    [
        "The ferry is staffed by a crew of twelve writers.",
        "Ida Moe is the captain of the ferry.",
        "Ida is a reporter.",
        "“Ida Moe is a reporter,” said the captain.",
        "On board, Ida Moe is a reporter who covers the coast.",
        "ida moe is a reporter who covers the coast.",
        "2011 Report is what the editor called it.",
        "Captain Moe was asked by a reporter whether she would stay.",
    ],
)
def test_closing_paragraph_that_only_resembles_a_writer_stays(paragraph):
    text = f"{STORY}\n{paragraph}\n\n  • Well told.\n"

    assert of(AuthorRecord, text) == []
    assert story(text).authors == ()
    assert plain(story(text).body)[2:] == [paragraph]


def test_writer_is_not_the_only_paragraph():
    text = "Our new colleague\n\nIda Moe is a reporter who covers the coast.\n"

    assert of(AuthorRecord, text) == []
    assert plain(story(text).body) == ["Ida Moe is a reporter who covers the coast."]


def test_writer_in_the_middle_of_the_story_stays_there():
    about = "Ida Moe is a reporter who covers the coast."
    text = f"{STORY}\n{about}\n\nShe was on board.\n"

    assert of(AuthorRecord, text) == []
    assert plain(story(text).body)[2:] == [about, "She was on board."]


# The comments


@pytest.mark.parametrize("bullet", BULLETS)
def test_comment_begins_with_any_bullet(bullet):
    assert comments(f"{STORY}\n{bullet} One.\n  {bullet}  Two.\n") == ["One.", "Two."]


def test_comment_keeps_a_bullet_of_its_own():
    assert comments(f"{STORY}\n  • • One - two * three.\n") == ["• One - two * three."]


def test_comments_may_be_parted_by_blank_lines():
    assert comments(f"{STORY}\n  • One.\n\n\n  • Two.\n") == ["One.", "Two."]


def test_comment_may_have_several_lines():
    text = f"{STORY}\n  • One,\n    and more,\nand more.\n  • Two.\n"

    assert comments(text) == ["One,\nand more,\nand more.", "Two."]


def test_comment_may_have_several_paragraphs():
    text = f"{STORY}\n  • One.\n\n    Another thought,\n    longer.\n\n  • Two.\n"

    assert comments(text) == ["One.\n\nAnother thought,\nlonger.", "Two."]


@pytest.mark.parametrize(
    ("end", "is_truncated"),
    [
        ("and it was good.", False),
        ("was it good?", False),
        ("it was good!!", False),
        ("it was good…", False),
        ("“it was good.”", False),
        ("(it was good.)", False),
        ("and it was", True),
        ("and it was,", True),
        ("and it was good ;-)", True),
    ],
)
def test_last_comment_without_an_end_may_be_cut_off(end, is_truncated):
    text = f"{STORY}\n  • I sailed on it as well\n  • I sailed on it, {end}\n"

    flags = [comment.is_truncated for comment in of(CommentRecord, text)]

    assert flags == [False, is_truncated]


def test_comment_in_another_language_says_so():
    text = (
        f"{STORY}\n  • Good.\n"
        "  • Não acredito que o barco voltou a navegar depois de tanto tempo.\n"
    )

    languages = [comment.language for comment in of(CommentRecord, text)]

    assert (story(text).language, languages) == ("en", ["en", "pt"])


# The bytes


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.replace("\n", "\r\n").encode("utf-16"),
    ],
    ids=["CRLF", "CR", "BOM", "UTF-16", "UTF-16 BE", "UTF-16 CRLF"],
)
def test_text_is_the_same_however_it_is_written_down(encode):
    text = f"{STORY}\n  • Très bien, über alles 😀!\n  • Two,\n    lines.\n"

    assert capture.recognises(encode(text))
    assert [found.record for found in read(encode(text))] == [
        found.record for found in read(text)
    ]


def test_bytes_that_are_not_utf8_are_refused_with_the_line():
    data = "A headline\n\nCafé".encode("latin-1")

    with pytest.raises(FormatError) as refusal:
        read(data)

    assert str(refusal.value) == (
        "line 3: This is not UTF-8 text. Save the file as UTF-8."
    )


@pytest.mark.parametrize(
    "data",
    [
        "A headline\n\nA paragraph.\n".encode("utf-16")[:-1],
        b"A headline\n\xff\xfeab\n",
    ],
    ids=["UTF-16 cut off", "UTF-16 in the middle"],
)
def test_bytes_of_broken_utf16_are_refused(data):
    with pytest.raises(FormatError, match="This is not UTF-8 text"):
        read(data)


def test_nul_is_refused_with_the_line():
    with pytest.raises(FormatError) as refusal:
        read("A headline\n\nA para\x00graph.\n")

    assert str(refusal.value) == (
        "line 3: There is a NUL character: this is not a text file."
    )


@pytest.mark.parametrize("data", [b"", b"\n \r\n\t\n", b"\xef\xbb\xbf"])
def test_empty_file_is_refused(data):
    with pytest.raises(FormatError) as refusal:
        read(data)

    assert str(refusal.value) == "line 1: The file is empty."


def test_bullet_in_the_first_line_is_refused():
    with pytest.raises(FormatError) as refusal:
        read("\n  • A comment without its story.\n")

    assert str(refusal.value) == (
        "line 2: The first line is the headline of the page, not a bullet."
    )


def test_file_larger_than_a_page_is_refused(monkeypatch):
    monkeypatch.setattr(capture, "MAX_BYTES", 20)

    with pytest.raises(FormatError) as refusal:
        read(STORY)

    assert str(refusal.value) == "A capture of one page is never larger than 64 MB."


@pytest.mark.parametrize("length", range(12, 20))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_head_that_ends_within_a_character_is_recognised(length, encoding):
    data = "Ab\nc😀😀😀😀😀😀".encode(encoding)

    assert capture.recognises(data[:length])


# Anything at all

_characters = st.characters(categories=("L", "N", "P", "S", "Zs"))
_line = (
    st.text(_characters, min_size=1, max_size=40)
    .map(str.strip)
    .filter(lambda line: line and line[0] not in BULLETS)
)
_lines = st.lists(_line, min_size=1, max_size=3).map("\n".join)
_texts = st.lists(_lines, min_size=1, max_size=3).map("\n\n".join)


def written(headline, paragraphs, texts):
    """Return a capture in the way that captures are made."""
    blocks = [headline, *paragraphs]
    blocks += ["  • " + text.replace("\n", "\n    ") for text in texts]
    return "\n\n".join(blocks) + "\n"


@settings(max_examples=80, deadline=None, database=None)
@given(_line, st.lists(_lines, max_size=4), st.lists(_texts, max_size=4))
def test_capture_is_read_back_as_it_was_written(headline, paragraphs, texts):
    assume(headline[0] not in "<{[")  # What begins like data is refused as such.
    text = written(headline, paragraphs, texts)

    [article] = of(ArticleRecord, text)
    assert (article.headline, plain(article.body)) == (headline, paragraphs)
    assert comments(text) == texts
    assert words_of("\n".join(kept(text))) == words_of(text)


@pytest.mark.parametrize("start", ["<?xml version", "<html>", '{"a": 1}', '[{"a": 1}]'])
def test_data_is_refused_even_when_it_is_called_a_capture(start):
    with pytest.raises(FormatError, match="line 1: This is markup or data"):
        read(f"{start}\n\nmore")
