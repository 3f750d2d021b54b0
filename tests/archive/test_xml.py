"""XML as it is found: each repair, and what no repair may lose."""

import io
import random

import pytest

from newsroom.archive.records import FormatError
from newsroom.archive.xml import CHUNK, XMLReader

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def read(content, *records):
    """Return the texts of the records in it, and the reader that read them."""
    data = content if isinstance(content, bytes) else content.encode()
    reader = XMLReader(io.BytesIO(data), records or ("item",))
    texts = ["".join(element.itertext()) for element in reader.elements()]
    return texts, reader


def rss(*items, root="<rss>"):
    return f"{DECLARATION}{root}<channel>{''.join(items)}</channel></rss>"


def item(text):
    return f"<item><t>{text}</t></item>"


def test_sound_file_is_read_without_a_repair():
    texts, reader = read(rss(item("one &amp; <![CDATA[<two> & three]]>"), item("é")))

    assert texts == ["one & <two> & three", "é"]
    assert (reader.repairs.counts, reader.ends_early) == ({}, "")
    assert reader.opened == reader.ended == {"item": 2}


@pytest.mark.parametrize(
    ("written", "read_as", "repair"),
    [
        ("a=1&b=2", "a=1&b=2", "bare & escaped"),
        ("AT&T; and &c", "AT&T; and &c", "bare & escaped"),
        ("caf&eacute;&nbsp;au", "café\xa0au", "HTML entity written as its character"),
        ("a\x01b", "a\ufffdb", "character U+0001, forbidden in XML, replaced"),
        (
            "<![CDATA[a\x0bb]]>",
            "a\ufffdb",
            "character U+000B, forbidden in XML, replaced",
        ),
        ("a&#1;b", "a\ufffdb", "reference to a forbidden character replaced"),
        ("<x:y>a</x:y>", "a", "undeclared prefix x joined to its name"),
        ("<wp:y>a</wp:y>", "a", "undeclared prefix wp declared"),
    ],
)
def test_text_is_repaired_and_noted(written, read_as, repair):
    texts, reader = read(rss(item("before"), item(written), item("after")))

    assert texts == ["before", read_as, "after"]
    assert {*reader.repairs.counts} == {repair}
    assert reader.ends_early == ""


def test_halves_of_a_character_are_joined():
    texts, reader = read(rss(item("&#55357;&#56832; &#xD83D;&#xDE00;")))

    assert (texts, reader.repairs.counts) == (["😀 😀"], {})


def test_ampersand_in_cdata_is_left_alone():
    texts, reader = read(rss(item("<![CDATA[a&b &eacute; <!-- --> <item>]]>&x")))

    assert texts == ["a&b &eacute; <!-- --> <item>&x"]
    assert reader.opened == {"item": 1}


@pytest.mark.parametrize(
    ("content", "repairs"),
    [
        ("\ufeff" + rss(item("x")), []),
        ("\n\n" + rss(item("x")), []),
        ("PHP Notice\n" + rss(item("x")), ["text before the beginning left out"]),
        (rss(item("x")) + "\n<!-- cached -->\n", []),
        (rss(item("x")) + "Served from cache", ["text after the end left out"]),
        (rss(item("x")).replace("<rss>", "<!DOCTYPE rss><rss>"), []),
        (rss("<!-- a -- b -->", item("x")), []),
        (rss(item("x")).removeprefix(DECLARATION), []),
    ],
    ids=[
        "mark", "newlines", "notice", "comment behind", "text behind", "doctype",
        "wrong comment", "no declaration",
    ],
)  # fmt: skip
def test_what_stands_around_the_records_does_no_harm(content, repairs):
    texts, reader = read(content)

    assert (texts, list(reader.repairs.counts)) == (["x"], repairs)
    assert reader.ends_early == ""


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_with_its_mark_is_read(encoding):
    mark = "" if encoding == "utf-16" else "\ufeff"
    content = mark + rss(item("Fähre 😀")).replace("UTF-8", "UTF-16")

    assert read(content.encode(encoding))[0] == ["Fähre 😀"]


def test_bytes_of_windows_in_utf_8_are_read_and_noted():
    content = rss(item("é"), item("caf@"), item("é")).encode()

    texts, reader = read(content.replace(b"caf@", b"caf\xe9 \x93q\x94"))

    assert texts == ["é", "café “q”", "é"]
    assert reader.repairs.counts == {"bytes that are no utf-8 read as Windows-1252": 3}


def test_declared_latin_1_is_read():
    content = rss(item("café")).replace("UTF-8", "ISO-8859-1").encode("latin-1")

    assert read(content)[0] == ["café"]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_file_that_is_cut_gives_what_is_whole_and_says_so(share):
    whole = rss(*(item(f"text {number}") for number in range(1000)))
    cut = whole[: int(len(whole) * share)]

    texts, reader = read(cut)

    assert texts == [f"text {number}" for number in range(len(texts))]
    assert reader.ends_early != ""
    assert 0 <= cut.count("<item>") - len(texts) <= 1
    assert reader.opened["item"] == cut.count("<item>")


@pytest.mark.parametrize("size", [CHUNK - 1, CHUNK, CHUNK + 1, 11_000_000])
def test_long_text_is_read_whole(size):
    texts, reader = read(rss(item(f"<![CDATA[{'x' * size}]]>"), item("after")))

    assert [len(text) for text in texts] == [size, 5]
    assert reader.ends_early == ""


def test_cuts_between_chunks_lose_nothing():
    chance = random.Random(5)  # noqa: S311 (no secret)
    pieces = [
        "é",
        "&amp;",
        "&b",
        "<![CDATA[ ]] > & ]]>",
        "<b>x</b>",
        "😀",
        "\x02",
        "\n",
    ]
    written = ["".join(chance.choices(pieces, k=30)) for _ in range(9000)]

    texts, reader = read(rss(*map(item, written)))

    alone = [read(rss(item(text)))[0][0] for text in written[:300]]
    assert len(texts) == reader.opened["item"] == 9000
    assert texts[:300] == alone


def test_declared_entities_are_refused():
    declared = '<!DOCTYPE rss [<!ENTITY a "aaaa">]><rss>'

    with pytest.raises(FormatError, match="declares entities"):
        read(rss(item("&a;")).replace("<rss>", declared))


def test_nothing_is_opened_from_within(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    outside = f'<!DOCTYPE rss [<!ENTITY a SYSTEM "{secret}">]><rss><item><t>&a;</t>'

    texts, _ = read(f'{outside}<x:include href="{secret}" parse="text"/></item></rss>')

    assert texts == ["&a;"]


def test_element_within_a_record_may_be_a_reference():
    content = "<disqus><thread><t>a</t></thread><post><t>b</t><thread/></post></disqus>"

    texts, reader = read(content, "thread", "post")

    assert texts == ["a", "b"]
    assert reader.opened == reader.ended == {"thread": 1, "post": 1}


def test_empty_export_has_no_records():
    assert read(f"{DECLARATION}<disqus/>", "post")[0] == []


@pytest.mark.parametrize("length", [CHUNK - 3, CHUNK + 3, 4 * CHUNK + 100])
def test_long_notice_before_the_beginning_is_passed_over_once(length):
    written = [f"text {number}" for number in range(20_000)]

    texts, reader = read("x" * length + rss(*map(item, written)))

    assert texts == written
    assert reader.repairs.counts == {"text before the beginning left out": 1}
