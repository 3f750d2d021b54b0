"""XML as it is found: each repair, and what no repair may lose."""

import contextlib
import io
import random
import time

import pytest
from lxml import etree

from newsroom.archive import xml
from newsroom.archive.records import FormatError
from newsroom.archive.xml import CHUNK, MOST_DEPTH, Shape, XMLReader, texts_of

REFERENCE = "reference to a forbidden character replaced"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


SHAPES = {
    "thread": Shape("other", never_in=("post",)),
    "post": Shape("comment", r"(?:\w+:)?"),
    "item": Shape("other"),
}


def found(content, encoding="utf-8"):
    """Return name, place and text of each record, and the reader that read them."""
    data = content if isinstance(content, bytes) else content.encode(encoding)
    reader = XMLReader(io.BytesIO(data), SHAPES)
    records = [
        (name, start, end, None if element is None else "".join(element.itertext()))
        for name, start, end, element in reader.records()
    ]
    return records, reader


def read(content):
    """Return the texts of the records in it, and the reader that read them."""
    records, reader = found(content)
    return [text for *_, text in records if text is not None], reader


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
        ("a&#1;b", "a\ufffdb", REFERENCE),
        ("<x:y>a</x:y>", "a", "undeclared prefix x declared"),
        ('<y x:z="1">a</y>', "a", "undeclared prefix x declared"),
        ("a]]>b", "a]]>b", "bare ]]> escaped"),
        ("<![CDATA[a]]> b]]>", "a b]]>", "bare ]]> escaped"),
        ("a<!DOCTYPE b", "a<!DOCTYPE b", "bare <!DOCTYPE escaped"),
        ("&#xD83D;&#xD83D;", "\ufffd\ufffd", REFERENCE),
        ("&#99999999;", "\ufffd", REFERENCE),
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

    texts, reader = read(content)

    assert texts == ["a", "b"]
    assert reader.opened == reader.ended == {"thread": 1, "post": 1}


def test_reference_may_be_written_out():
    thread = "<thread><t>a</t></thread>"
    post = "<post><thread></thread><t>b</t></post>"

    texts, reader = read(f"<disqus>{thread}{post}{post}</disqus>")

    assert texts == ["a", "b", "b"]
    assert reader.opened == reader.ended == {"thread": 1, "post": 2}


def test_empty_export_has_no_records():
    assert read(f"{DECLARATION}<disqus/>")[0] == []


@pytest.mark.parametrize("length", [CHUNK - 3, CHUNK + 3, 4 * CHUNK + 100])
def test_long_notice_before_the_beginning_is_passed_over_once(length):
    written = [f"text {number}" for number in range(20_000)]

    texts, reader = read("x" * length + rss(*map(item, written)))

    assert texts == written
    assert reader.repairs.counts == {"text before the beginning left out": 1}


# Places


def places(content, encoding="utf-8", mark=b""):
    """Return what stands in the places of the records, decoded."""
    data = mark + content.encode(encoding)
    return [data[start:end].decode(encoding) for _, start, end, _ in found(data)[0]]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("windows-1252", b""),
        ("gb18030", b""),
        ("iso-2022-jp", b""),
        ("shift_jis", b""),
    ],
)
def test_places_are_bytes_of_the_file_as_it_came(encoding, mark):
    word = {"windows-1252": "Fähre", "gb18030": "渡船 é😀", "iso-2022-jp": "渡し船"}
    text = word.get(encoding, "渡し船" if encoding == "shift_jis" else "Fähre 😀")
    items = [item(f"{text} {number} &amp; <!-- {text} -->") for number in range(9)]
    content = rss(f"<title>{text}</title>\n", *items).replace("UTF-8", encoding)

    assert places(content, encoding, mark) == items


def test_places_hold_behind_whatever_is_repaired():
    chance = random.Random(6)  # noqa: S311 (no secret)
    pieces = [
        b"caf\xe9",
        b"\x93q\x94",
        "é".encode(),
        b"&x",
        b"&nbsp;",
        b"\x01",
        b"<b/>",
    ]
    pieces += [
        b"<![CDATA[<item>&]]>",
        b"<!-- <item> -- -->",
        "😀".encode(),
        b"\xf0\x9f",
    ]
    written = [
        b"<item><t>%s</t></item>" % b"".join(chance.choices(pieces, k=40))
        for _ in range(4000)
    ]
    data = b"Notice\n<rss><channel>" + b"\n".join(written) + b"</channel></rss>"

    records, reader = found(data)

    assert [data[start:end] for _, start, end, _ in records] == written
    assert reader.ends_early == ""
    assert all(data[place : place + 1] for place, _ in reader.repairs.notes)


def test_character_cut_between_chunks_is_whole_behind_wrong_bytes():
    written = "<rss><channel>" + item("é" * CHUNK)
    data = b"<rss><!-- \xe9 -->" + written.removeprefix("<rss>").encode()

    texts, reader = read(data + b"</channel></rss>")

    assert texts == ["é" * CHUNK]
    assert sum(reader.repairs.counts.values()) == 1


def test_repairs_say_at_which_byte_they_are():
    content = rss(item("é"), item("é &b"), item("é\x01"))

    _, reader = found(content)

    data = content.encode()
    assert reader.condition().repair_places == (
        (data.index(b"&b"), "bare & escaped"),
        (data.index(b"\x01"), "character U+0001, forbidden in XML, replaced"),
    )


def test_record_within_another_has_its_own_place():
    inner = ["<post><t>a</t></post>", "<post><t>b</t></post>"]
    outer = f"<item>{''.join(inner)}</item>"

    assert places(rss(outer, item("c"))) == [*inner, outer, item("c")]


def test_bracket_in_an_attribute_ends_no_tag():
    written = '<item a="x>y/>"><t>a</t></item>'

    assert places(rss(written)) == [written]


# What cannot be read is accounted for


def names_of(records):
    return [(name, text) for name, _, _, text in records]


def test_what_stands_after_a_fault_is_accounted_for_with_its_place():
    items = [item("a"), "<item><t>b</u></item>", item("c")]
    content = rss(*items)

    records, reader = found(content)

    assert names_of(records) == [("item", "a"), ("item", None), ("item", None)]
    assert [content[start:end] for _, start, end, _ in records] == items
    assert reader.condition().opened == {"comment": 0, "other": 3}
    assert reader.ends_early == (
        "Opening and ending tag mismatch: t line 2 and u, line 2"
    )
    assert reader.why_not_read(*records[2][1:3]) == (
        f"The XML is broken in it or before it ({reader.ends_early})"
    )


def test_record_that_is_never_closed_does_not_hide_those_in_it():
    content = rss("<item><t>a</t>", item("b"), item("c"))

    records, reader = found(content)

    assert names_of(records) == [("item", "b"), ("item", "c"), ("item", None)]
    assert reader.opened == {"item": 3}


def test_record_that_the_file_ends_within_goes_on_to_the_end():
    content = rss(item("a"), item("b"))[:-25]

    records, reader = found(content)

    assert names_of(records) == [("item", "a"), ("item", None)]
    assert content[slice(*records[1][1:3])].startswith("<item><t>b")
    assert records[1][2] == len(content)
    assert "The file ends within it" in reader.why_not_read(*records[1][1:3])


def test_tag_that_the_file_ends_within_has_opened():
    records, reader = found(rss(item("a")).split("</channel>")[0] + '<item a="b')

    assert names_of(records) == [("item", "a"), ("item", None)]
    assert reader.opened == {"item": 2}


def test_second_export_in_one_file_is_accounted_for():
    records, reader = found(rss(item("a")) + rss(item("b")))

    assert names_of(records) == [("item", "a"), ("item", None)]
    assert reader.why_not_read(*records[1][1:3]) == (
        "It stands after the end of the export"
    )
    assert {*reader.repairs.counts} == {"text after the end left out"}


def test_mark_of_our_own_in_a_file_confuses_nothing():
    forged = f'<post {xml.MARK}="60"/><t {xml.MARK}="60"/>'

    texts, reader = read(rss(item(f"a{forged}"), item("b")))

    assert texts == ["a", "b"]
    assert reader.opened == {"item": 2}


# Limits


def nested(depth):
    return "<b>" * depth + "x" + "</b>" * depth


def test_deep_nesting_is_refused():
    def texts_in(content):
        reader = XMLReader(io.BytesIO(content.encode()), SHAPES)
        return [texts_of(element)[0] for *_, element in reader.records()]

    assert texts_in(rss(item(nested(MOST_DEPTH - 1))))
    with pytest.raises(FormatError, match="more than 100 deep"):
        texts_in(rss(item(nested(MOST_DEPTH + 9))))


def test_nesting_beyond_the_parser_ends_the_file_there():
    texts, reader = read(rss(item("a"), item(nested(5000)), item("b")))

    assert texts == ["a"]
    assert "depth" in reader.ends_early
    assert reader.opened == {"item": 3}


def test_text_without_an_end_is_refused(monkeypatch):
    monkeypatch.setattr(xml, "MOST_BUFFERED", CHUNK)

    with pytest.raises(FormatError, match="longer than 64 MB"):
        read(rss(item("<![CDATA[" + "x" * 3 * CHUNK + "]]>")))


def test_record_without_an_end_is_refused(monkeypatch):
    monkeypatch.setattr(xml, "MOST_BETWEEN", CHUNK)

    with pytest.raises(FormatError, match="longer than 256 MB"):
        read(rss(item("<![CDATA[x]]>" * CHUNK)))


@pytest.mark.parametrize(
    "part",
    ["&", "<![CDATA[", "<!--", "]]>", "<!DOCTYPE[", "\x01", "<item a='", "<x:y>",
     "&#55357;", "<post>", "</post>", "<item><post>"],
)  # fmt: skip
def test_time_grows_with_the_file_and_no_faster(part):
    def duration(count):
        start = time.process_time()
        with contextlib.suppress(FormatError):
            found(f"<rss><item>a</item>{part * count}</rss>")
        return time.process_time() - start

    short = min(duration(15_000) for _ in range(3))

    assert duration(60_000) < 12 * short + 0.2


# Texts


def texts(inner):
    element = etree.fromstring(f'<r xmlns:x="y" xmlns:excerpt="/excerpt/">{inner}</r>')
    return texts_of(element)[0]


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<a>1</a><x:b>2</x:b><a>3</a>", {"a": "1", "b": "2"}),
        ("<a/><b></b>", {"a": "", "b": ""}),
        ("<a>1 &amp; <i>2</i> 3</a>", {"a": "1 &amp; <i>2</i> 3"}),
        ("<a><x:i>2</x:i>3</a>", {"a": "<x:i>2</x:i>3"}),
        ("<a> <i>2</i> </a>", {}),
        ("<encoded>1</encoded><excerpt:encoded>2</excerpt:encoded>",
         {"encoded": "1", "excerpt": "2"}),
    ],
)  # fmt: skip
def test_texts_are_those_of_the_children_by_local_name(inner, expected):
    assert texts(inner) == expected


@pytest.mark.parametrize(
    ("text", "is_doubtful"),
    [
        ("plain", False),
        ("café “q” naïve — ça", False),
        ("SPAß“", False),
        ("Â«", True),
        ("caf\u00c3\u00a9", True),
        ("don\u00e2\u20ac\u2122t", True),
        ("\u00f0\u0178\u02dc\u20ac", True),
        ("привет 😀 渡船", False),
        ("Ð¿Ñ€Ð¸", True),
        ("Ãœber", True),
    ],
)
def test_text_that_may_be_encoded_twice_is_doubted(text, is_doubtful):
    assert bool(xml.may_be_encoded_twice("sound", text)) == is_doubtful
