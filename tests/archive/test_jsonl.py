"""The Newsroom archive as a format, alone: lines in, records out."""

import io
import json
from datetime import UTC, datetime

import pytest

from articles.dates import Precision
from newsroom.archive.formats import jsonl
from newsroom.archive.models import (
    Change,
    Outcome,
    Record,
    RecordKind,
    Source,
    SourceState,
)
from newsroom.archive.records import (
    UNKNOWN_TIME,
    ArticleRecord,
    AuthorRecord,
    CommentRecord,
    Condition,
    FormatError,
    Found,
    KeptRecord,
    KeptSource,
    RevisionRecord,
    SectionRecord,
    SourceRecord,
    Time,
    TopicRecord,
    Unreadable,
    parse_time,
)

HEADER = (
    '{"type": "archive", "format": "newsroom-archive", "version": 2, "origin": "here"}'
)
WRONG_HEADER = (
    'line 1: The first line must be {"type": "archive", "format": "newsroom-archive", '
    '"version": 2, "origin": …}.'
)


SHA256 = "0123456789abcdef" * 4


def read(*lines):
    """Return what is found in these lines, each text or bytes."""
    data = b"\n".join(
        line.encode() if isinstance(line, str) else line for line in lines
    )
    return list(jsonl.read(io.BytesIO(data)))


def read_one(version=2, **fields):
    """Return the record that an object with these fields becomes."""
    header = json.dumps({**json.loads(HEADER), "version": version})
    [_, found, _] = read(header, json.dumps(fields))
    return found.record


def refusal(*lines):
    with pytest.raises(FormatError) as error:
        read(*lines)
    return str(error.value)


def article(**fields):
    return read_one(type="article", id="1", headline="Ferry sails", **fields)


def comment(**fields):
    given = {"type": "comment", "id": "1", "article": "1", "body": "Good."}
    return read_one(**{**given, **fields})


def second(*args):
    return Time(datetime(*args, tzinfo=UTC), Precision.SECOND)


# Records


def test_header_has_all_its_fields():
    header = {
        **json.loads(HEADER),
        "url": "https://example.org/export",
        "captured": "2019-03",
        "note": "Names were lost.",
    }

    [found, _] = read(json.dumps(header))

    assert found.record == SourceRecord(
        origin="here",
        url="https://example.org/export",
        captured=Time(datetime(2019, 3, 1, tzinfo=UTC), Precision.MONTH),
        note="Names were lost.",
    )


def test_header_needs_only_its_origin():
    [found, _] = read(HEADER)

    assert found == Found(SourceRecord(origin="here"), 0, 0)


def test_section_has_all_its_fields():
    fields = {"slug": "sea", "description": "Ships.", "position": 3}

    record = read_one(type="section", id="1", name="Sea", **fields)

    assert record == SectionRecord(id="1", name="Sea", **fields)


def test_topic_has_all_its_fields():
    record = read_one(type="topic", id="1", name="Ships", slug="ships")

    assert record == TopicRecord(id="1", name="Ships", slug="ships")


def test_section_has_no_description_by_default():
    record = read_one(type="section", id="1", name="Sea")

    assert record == SectionRecord(id="1", name="Sea", description="")


def test_author_has_all_its_fields():
    fields = {"slug": "ida-moe", "biography": "She sails."}

    record = read_one(type="author", id="1", name="Ida Moe", **fields)

    assert record == AuthorRecord(id="1", name="Ida Moe", **fields)


def test_author_has_no_biography_by_default():
    record = read_one(type="author", id="1", name="Ida Moe")

    assert record == AuthorRecord(id="1", name="Ida Moe", biography="")


def test_article_has_all_its_fields():
    record = article(
        body="<p>It left.</p>",
        slug="ferry",
        former_slugs=["boat", "ship"],
        standfirst="At last.",
        language="pt-BR",
        status="withdrawn",
        section="sea",
        topics=["Ships", "Islands", "Ships"],
        authors=["ida", "ole"],
        author_notes={"ole": "He was on board."},
        published="2018-02-23T09:30:15Z",
        published_basis="inferred",
        published_note="From its number.",
        source_url="https://example.org/ferry",
        addresses=["https://example.org/ferry", "https://example.org/?p=7"],
        policy="premoderated",
        closes="2019-02-23T09:30:15Z",
        last_number=40,
        created="2024-02-23T09:30:15.123456Z",
        revisions=[
            {"number": 1, "headline": "Ferry"},
            {
                "number": 2,
                "headline": "Ferry sails",
                "standfirst": "At last.",
                "body": "<p>It left.</p>",
                "note": "It left on Monday.",
                "is_correction": True,
                "editor": "kari",
                "created": "2018-02-24T00:00:00.5Z",
            },
        ],
    )

    assert record == ArticleRecord(
        id="1",
        headline="Ferry sails",
        body="<p>It left.</p>",
        slug="ferry",
        former_slugs=("boat", "ship"),
        standfirst="At last.",
        language="pt-BR",
        status="withdrawn",
        section="sea",
        topics=("Ships", "Islands"),
        authors=("ida", "ole"),
        author_notes={"ole": "He was on board."},
        published=second(2018, 2, 23, 9, 30, 15),
        published_basis="inferred",
        published_note="From its number.",
        source_url="https://example.org/ferry",
        addresses=("https://example.org/ferry", "https://example.org/?p=7"),
        policy="premoderated",
        closes=second(2019, 2, 23, 9, 30, 15),
        last_number=40,
        created=second(2024, 2, 23, 9, 30, 15, 123_456),
        revisions=(
            RevisionRecord(number=1, headline="Ferry"),
            RevisionRecord(
                number=2,
                headline="Ferry sails",
                standfirst="At last.",
                body="<p>It left.</p>",
                note="It left on Monday.",
                is_correction=True,
                editor="kari",
                created=second(2018, 2, 24, 0, 0, 0, 500_000),
            ),
        ),
    )


def test_article_is_an_undated_draft_by_default():
    assert article() == ArticleRecord(
        id="1",
        headline="Ferry sails",
        body="",
        slug="",
        standfirst="",
        language="",
        status="draft",
        section="",
        topics=(),
        authors=(),
        published=UNKNOWN_TIME,
        published_basis="given",
        published_note="",
        source_url="",
    )


def test_comment_has_all_its_fields():
    record = comment(
        body="*Good.*",
        body_format="markdown",
        number=12,
        key=5_000_000_000,
        parent="7",
        reply_basis="inferred",
        reply_confidence=0.75,
        author_name="Ole",
        author_url="https://example.org/ole",
        user="ole",
        language="nb",
        is_truncated=True,
        posted="2018-02-23T09:30:15Z",
        edited="2018-02-23T09:31:00Z",
        status="removed",
        status_reason="Rude.",
        status_changed="2018-02-25T10:00:00.000001Z",
        kind="note",
        created="2018-02-23T09:30:16Z",
    )

    assert record == CommentRecord(
        id="1",
        article="1",
        body="*Good.*",
        body_format="markdown",
        number=12,
        key=5_000_000_000,
        parent="7",
        reply_basis="inferred",
        reply_confidence=0.75,
        author_name="Ole",
        author_url="https://example.org/ole",
        user="ole",
        language="nb",
        is_truncated=True,
        posted=second(2018, 2, 23, 9, 30, 15),
        edited=second(2018, 2, 23, 9, 31),
        status="removed",
        status_reason="Rude.",
        status_changed=second(2018, 2, 25, 10, 0, 0, 1),
        kind="note",
        created=second(2018, 2, 23, 9, 30, 16),
    )


def test_comment_may_be_kept_without_its_text():
    assert comment(body="") == CommentRecord(id="1", article="1", body="")


def test_source_has_all_its_fields():
    record = read_one(
        type="source",
        id=SHA256,
        name="export.xml",
        size=5_000_000_000,
        format="wxr",
        origin="wordpress:example.org",
        url="https://example.org",
        captured="2019-03",
        note="All of it.",
        sections_from="tag",
        ends_early="The file is cut off.",
        repairs={"counts": {"bare & escaped": 2}},
        ledger={"comment": {"found": 3}},
        state="truncated",
        trial={"states": {}},
        progress={"done": 1},
        error="No.",
        imported="2024-02-23T09:30:15.123456Z",
        imported_by="kari",
    )

    assert record == KeptSource(
        id=SHA256,
        fields={
            "name": "export.xml",
            "size": 5_000_000_000,
            "format": "wxr",
            "origin": "wordpress:example.org",
            "url": "https://example.org",
            "captured_at": "2019-03-01T00:00:00+00:00",
            "captured_precision": "month",
            "note": "All of it.",
            "sections_from": "tag",
            "ends_early": "The file is cut off.",
            "repairs": {"counts": {"bare & escaped": 2}},
            "ledger": {"comment": {"found": 3}},
            "state": "truncated",
            "trial": {"states": {}},
            "progress": {"done": 1},
            "error": "No.",
            "imported_at": "2024-02-23T09:30:15.123456+00:00",
            "imported_by": "kari",
        },
    )


def test_source_tells_every_field_of_the_table_but_the_file():
    record = read_one(
        type="source", id=SHA256, name="", size=0, format="wxr", origin="here"
    )

    columns = {field.name for field in Source._meta.concrete_fields}
    assert {*record.fields} == columns - {"id", "sha256", "file"}


def test_record_has_all_its_fields():
    fields = {
        "position": 7,
        "member": 1,
        "start": 5_000_000_000,
        "end": 5_000_000_099,
        "kind": "comment",
        "given_id": "81",
        "occurrence": 2,
        "given_parent": "80",
        "awaits_parent": True,
        "given_status": "spam",
        "given_kind": "like",
        "also": "disqus:5",
        "outcome": "hidden",
        "change": "changed",
        "reason": "Its date is none.",
    }

    record = read_one(
        type="record", source=SHA256, digest="00ff", article="3", comment="4", **fields
    )

    assert record == KeptRecord(
        id=f"{SHA256}/7",
        source=SHA256,
        article="3",
        comment="4",
        fields={**fields, "digest": "00ff"},
    )


def test_sources_and_records_are_told_in_what_json_can_hold():
    given = {"position": 1, "kind": "other", "given_id": "", "outcome": "linked"}
    records = [
        read_one(
            type="source",
            id=SHA256,
            name="",
            size=0,
            format="wxr",
            origin="here",
            captured="2019",
            imported="2024-02-23T09:30:15Z",
        ),
        read_one(type="record", source=SHA256, digest="00ff", **given),
    ]

    for record in records:
        assert json.loads(json.dumps(record.fields)) == record.fields


def test_record_tells_every_field_of_the_table():
    given = {"position": 1, "kind": "other", "given_id": "", "outcome": "linked"}

    record = read_one(type="record", source=SHA256, **given)

    columns = {field.name for field in Record._meta.concrete_fields}
    assert {*record.fields} == columns - {"id", "source", "article", "comment"}
    defaults = {
        field.name: field.default
        for field in Record._meta.concrete_fields
        if field.has_default() and field.name in record.fields
    }
    assert {name: record.fields[name] for name in defaults} == defaults


@pytest.mark.parametrize(
    ("words", "choices"),
    [
        (jsonl.SOURCE_STATES, SourceState),
        (jsonl.RECORD_KINDS, RecordKind),
        (jsonl.OUTCOMES, Outcome),
        (jsonl.CHANGES, Change),
    ],
)
def test_format_has_the_words_of_the_archive(words, choices):
    assert [*words] == choices.values


def test_first_version_has_no_more_than_it_had():
    record = read_one(
        1,
        type="comment",
        id="1",
        article="1",
        body="Good.",
        number="#7",
        key=9,
        user="ole",
    )

    assert record == CommentRecord(id="1", article="1", body="Good.")
    assert read_one(1, type="topic", id="1", name="Ships") == Unreadable(
        kind="unknown", id="1", reason="Unknown type 'topic'"
    )


def test_comment_is_hidden_unnamed_and_undated_by_default():
    assert comment() == CommentRecord(
        id="1",
        article="1",
        body="Good.",
        body_format="text",
        parent="",
        reply_basis="",
        reply_confidence=None,
        author_name="",
        author_url="",
        language="",
        is_truncated=False,
        posted=UNKNOWN_TIME,
        edited=UNKNOWN_TIME,
        status="hidden",
        status_reason="",
        kind="comment",
    )


def test_reply_is_given_by_the_source_by_default():
    record = comment(parent="7")

    assert (record.parent, record.reply_basis) == ("7", "given")


def test_null_is_the_same_as_left_out():
    record = comment(parent=None, posted=None, status=None, is_truncated=None)

    assert record == comment()


def test_unnamed_fields_are_passed_over():
    line = '{"type":"author", "id":"1",  "name":"Ida", "shoe_size": 38}'

    [_, found, _] = read(HEADER, line)

    assert found.record == AuthorRecord(id="1", name="Ida")


def test_record_is_found_between_its_first_byte_and_its_last():
    author = '{"type": "author", "id": "1", "name": "Zoë 🐑"}'
    broken = '{"type": "poll"}'
    lines = ["\ufeff" + HEADER + "\r", "", "  ", author + "\r", broken]
    data = "\n".join(lines).encode()

    places = [(found.start, found.end) for found in jsonl.read(io.BytesIO(data))]

    assert places[0] == places[-1] == (0, 0)
    assert [data[start:end].decode() for start, end in places[1:-1]] == [author, broken]


def test_lines_are_counted_by_their_type_whatever_is_in_them():
    lines = ['{"type": "comment"}', "", '{"id": "7"}', '{"id": "1", "type": "comment"}']

    [*_, condition] = read(HEADER, *lines, '{"type": ["comment"]}', " ")

    assert condition == Found(Condition(opened={"comment": 2, "other": 2}))


# What stops the import


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("so it goes", "line 3: This is not JSON ("),
        ('{"type": "comment", ', "line 3: This is not JSON ("),
        ('{"type": "author"} {}', "line 3: This is not JSON ("),
        ('{"type": "comment", "reply_confidence": NaN}', "line 3: This is not JSON ("),
        ('{"x": Infinity}', "line 3: This is not JSON (Infinity is not a JSON value)."),
        ('{"x": -Infinity}', "line 3: This is not JSON (-Infinity is not a JSON"),
        ('{"x": ' + "9" * 5000 + "}", "line 3: This is not JSON ("),
        ("[" * 100_000, "line 3: This is not JSON ("),
        ('{"type": "author", "id": "1", "id": "2", "name": "Ida"}', "line 3: "),
        ("[]", "line 3: This is not a JSON object: every line is one."),
        ("null", "line 3: This is not a JSON object: every line is one."),
        ('"text"', "line 3: This is not a JSON object: every line is one."),
        (
            '{"type": "author", "name": "Zoë"}'.encode("latin-1"),
            "line 3: Byte 31 is not UTF-8. Save the file as UTF-8.",
        ),
    ],
    ids=[
        "text",
        "cut off",
        "two on a line",
        "NaN",
        "Infinity",
        "-Infinity",
        "endless number",
        "nested deeply",
        "a field twice",
        "list",
        "null",
        "string",
        "not UTF-8",
    ],
)
def test_line_that_is_no_object_is_refused_with_its_number(line, message):
    author = '{"type": "author", "id": "1", "name": "Ida"}'

    said = refusal(HEADER, author, line, author)

    assert said[: len(message)] == message


def test_line_longer_than_the_limit_is_refused_with_its_number(monkeypatch):
    monkeypatch.setattr(jsonl, "MAX_LINE_BYTES", len(HEADER) + 1)

    said = refusal(HEADER, json.dumps({"type": "author", "name": "n" * 99}))

    assert said == "line 2: The line is longer than 64 MB."


@pytest.mark.parametrize("data", ["", "\n", "\ufeff", " \r\n\r\n"])
def test_empty_file_is_refused(data):
    assert refusal(data) == "line 1: The file is empty."


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        '{"type": "author", "id": "1", "name": "Ida"}',
        '{"type": "archive", "version": 1, "origin": "here"}',
        '{"type": "archive", "format": "other", "version": 1, "origin": "here"}',
        '{"format": "newsroom-archive", "version": 1, "origin": "here"}',
    ],
)
def test_wrong_header_is_refused(line):
    assert refusal(line) == WRONG_HEADER


@pytest.mark.parametrize(
    ("version", "shown"),
    [(None, "None"), (3, "3"), (0, "0"), ("1", "'1'"), (True, "True"), (1.0, "1.0")],
)
def test_other_version_is_refused(version, shown):
    header = {**json.loads(HEADER), "version": version}

    assert refusal(json.dumps(header)) == (
        f"line 1: The archive's version is {shown}; this Newsroom reads versions 1 to "
        "2. Take it in with the Newsroom that wrote it, or newer."
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"origin": None}, "“origin” is missing"),
        ({"origin": ""}, "“origin” is empty"),
        ({"origin": 7}, "“origin” is 7, which is of the wrong kind"),
        ({"origin": "a\x00"}, "“origin” holds a NUL character"),
        ({"origin": "a\ud800"}, "“origin” holds half a surrogate pair"),
        ({"url": []}, "“url” is [], which is of the wrong kind"),
        (
            {"captured": "2018-02-23T09:30"},
            "“captured” is no time: '2018-02-23T09:30' has a time of day but no time "
            "zone",
        ),
    ],
)
def test_header_with_a_wrong_field_is_refused(fields, reason):
    header = {**json.loads(HEADER), **fields}

    assert refusal(json.dumps(header)) == f"line 1: {reason}."


# What is set aside


@pytest.mark.parametrize("kind", ["poll", "", None, 7, ["comment"], "archive"])
def test_unknown_type_is_set_aside(kind):
    assert read_one(type=kind, id="1") == Unreadable(
        kind="unknown", id="1", reason=f"Unknown type {kind!r}"
    )


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("section", {"id": "1", "name": "Sea"}),
        ("author", {"id": "1", "name": "Ida"}),
        ("article", {"id": "1", "headline": "Ferry sails"}),
        ("comment", {"id": "1", "article": "1", "body": "Good."}),
    ],
)
def test_record_without_a_field_it_needs_is_set_aside(kind, fields):
    for name in fields:
        others = {other: value for other, value in fields.items() if other != name}
        id = "line 2" if name == "id" else "1"

        assert [
            read_one(1, type=kind, **others),
            read_one(1, type=kind, **others, **{name: ""}),
        ] == [
            Unreadable(kind=kind, id=id, reason=f"“{name}” is missing"),
            Unreadable(kind=kind, id=id, reason=f"“{name}” is empty"),
        ]


@pytest.mark.parametrize("id", [7, 7.5, True, [], {}])
def test_id_that_is_no_text_is_set_aside_by_its_line(id):
    assert read_one(type="author", id=id, name="Ida") == Unreadable(
        kind="author",
        id="line 2",
        reason=f"“id” is {id!r}, which is of the wrong kind",
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"body": 7}, "“body” is 7, which is of the wrong kind"),
        ({"body": ["Good."]}, "“body” is ['Good.'], which is of the wrong kind"),
        ({"body": True}, "“body” is True, which is of the wrong kind"),
        ({"body": "a\x00b"}, "“body” holds a NUL character"),
        ({"body": "a\ud83d"}, "“body” holds half a surrogate pair"),
        ({"is_truncated": 1}, "“is_truncated” is 1, which is of the wrong kind"),
        ({"is_truncated": "no"}, "“is_truncated” is 'no', which is of the wrong kind"),
        (
            {"parent": "2", "reply_basis": "inferred", "reply_confidence": True},
            "“reply_confidence” is True, which is of the wrong kind",
        ),
        (
            {"parent": "2", "reply_basis": "inferred", "reply_confidence": "0.5"},
            "“reply_confidence” is '0.5', which is of the wrong kind",
        ),
        (
            {"status": "approved"},
            "“status” is 'approved', not one of "
            "['pending', 'public', 'hidden', 'spam', 'removed']",
        ),
        (
            {"kind": "poem"},
            "“kind” is 'poem', not one of "
            "['comment', 'pingback', 'trackback', 'note', 'other']",
        ),
        (
            {"body_format": "rtf"},
            "“body_format” is 'rtf', not one of "
            "['text', 'html', 'markdown', 'wordpress']",
        ),
        (
            {"parent": "2", "reply_basis": "guessed"},
            "“reply_basis” is 'guessed', not one of ['given', 'edited', 'inferred']",
        ),
        ({"posted": 1519378215}, "“posted” is 1519378215, which is of the wrong kind"),
        (
            {"posted": "2018-02-23T09:30"},
            "“posted” is no time: '2018-02-23T09:30' has a time of day but no time "
            "zone",
        ),
        (
            {"edited": "yesterday"},
            "“edited” is no time: 'yesterday' is no time such as 2018-02-23T09:30Z",
        ),
    ],
)
def test_comment_with_a_wrong_field_is_set_aside(fields, reason):
    assert comment(**fields) == Unreadable(kind="comment", id="1", reason=reason)


@pytest.mark.parametrize("name", ["topics", "authors"])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("Ships", "is 'Ships', which is of the wrong kind"),
        (["Ships", 7], "is not a list of texts"),
        (["Ships", ""], "is not a list of texts"),
        ([None], "is not a list of texts"),
        (["Sh\x00ips"], "holds a NUL character"),
        (["Ships\ud800"], "holds half a surrogate pair"),
    ],
)
def test_article_with_a_wrong_list_is_set_aside(name, value, reason):
    assert article(**{name: value}) == Unreadable(
        kind="article", id="1", reason=f"“{name}” {reason}"
    )


@pytest.mark.parametrize("id", ["a\x00b", "a\ud800b"], ids=["NUL", "surrogate"])
def test_id_that_cannot_be_kept_is_set_aside_by_its_line(id):
    record = read_one(type="author", id=id, name="Ida")

    assert (record.kind, record.id) == ("author", "line 2")


def test_long_wrong_value_is_shown_by_its_beginning():
    record = comment(status="x" * 1000)

    assert record.reason == (
        f"“status” is '{'x' * 59}, not one of "
        "['pending', 'public', 'hidden', 'spam', 'removed']"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"reply_confidence": 0.5},
        {"parent": "2", "reply_confidence": 0.5},
        {"parent": "2", "reply_basis": "edited", "reply_confidence": 0.5},
        {"parent": "2", "reply_basis": "inferred"},
        {"reply_basis": "inferred", "reply_confidence": 0.5},
    ],
)
def test_confidence_belongs_to_inferred_replies_alone(fields):
    assert comment(**fields) == Unreadable(
        kind="comment",
        id="1",
        reason="“reply_confidence” belongs to inferred replies, and only there",
    )


@pytest.mark.parametrize("confidence", [-0.01, 1.01, 2, -1])
def test_confidence_beyond_its_bounds_is_set_aside(confidence):
    fields = {"parent": "2", "reply_basis": "inferred", "reply_confidence": confidence}

    assert comment(**fields) == Unreadable(
        kind="comment", id="1", reason="“reply_confidence” is not between 0 and 1"
    )


@pytest.mark.parametrize("confidence", [0, 0.5, 1])
def test_confidence_may_reach_its_bounds(confidence):
    record = comment(parent="2", reply_basis="inferred", reply_confidence=confidence)

    assert record.reply_confidence == confidence


@pytest.mark.parametrize("id", [SHA256[1:], SHA256.upper(), "g" * 64, ""])
def test_source_without_a_hash_is_set_aside(id):
    record = read_one(type="source", id=id, name="a", size=1, format="wxr", origin="b")

    assert record.reason == f"“id” is {id!r:.60}, which is no SHA-256"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"position": 0}, "“position” is 0, not from 1 to 2147483647"),
        ({"position": 1.0}, "“position” is 1.0, which is of the wrong kind"),
        ({"member": 40_000}, "“member” is 40000, not from 0 to 32767"),
        ({"digest": "0x"}, "“digest” is not in hexadecimal digits"),
        (
            {"outcome": "stored"},
            "“outcome” is 'stored', not one of "
            "['public', 'hidden', 'linked', 'set_aside']",
        ),
    ],
)
def test_record_with_a_wrong_field_is_set_aside(fields, reason):
    given = {"position": 1, "kind": "other", "given_id": "", "outcome": "linked"}

    assert read_one(type="record", source=SHA256, **{**given, **fields}) == Unreadable(
        kind="record", id="line 2", reason=reason
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"author_notes": ["He"]},
            "“author_notes” is ['He'], which is of the wrong kind",
        ),
        ({"author_notes": {"ole": 7}}, "“author_notes” is not an object of texts"),
        ({"author_notes": {"o\x00": ""}}, "“author_notes” holds a NUL character"),
        (
            {"last_number": 2**31},
            "“last_number” is 2147483648, not from 0 to 2147483647",
        ),
        ({"revisions": ["One"]}, "“revisions” is not a list of objects"),
        ({"revisions": [{"number": 1}]}, "“revisions”: “headline” is missing"),
        (
            {"revisions": [{"number": 1, "headline": "\ud800"}]},
            "“revisions” holds half a surrogate pair",
        ),
        (
            {"closes": {"at": None, "precision": "day"}},
            "“closes” has a precision, but no “at”",
        ),
    ],
)
def test_article_with_a_wrong_field_is_set_aside(fields, reason):
    assert article(**fields) == Unreadable(kind="article", id="1", reason=reason)


# Times


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"at": None, "precision": "second"}, Time(None, "second")),
        (
            {"at": "2018-02-23T09:30:15Z", "precision": "day"},
            Time(datetime(2018, 2, 23, 9, 30, 15, tzinfo=UTC), "day"),
        ),
    ],
)
def test_time_that_its_length_would_not_say_right_is_an_object(given, expected):
    assert article(published=given).published == expected


@pytest.mark.parametrize(
    "given",
    [{}, {"at": "2018"}, {"at": "2018", "precision": "unknown"}, {"at": 7}, {"at": []}],
)
def test_object_that_is_no_time_is_set_aside(given):
    assert article(published=given).reason == (
        f"“published” is {given!r}, which is no time"
    )


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("2018", (2018, 1, 1), Precision.YEAR),
        ("2018-02", (2018, 2, 1), Precision.MONTH),
        ("2018-02-23", (2018, 2, 23), Precision.DAY),
        ("2018-02-23T09:30Z", (2018, 2, 23, 9, 30), Precision.MINUTE),
        ("2018-02-23T09:30:15Z", (2018, 2, 23, 9, 30, 15), Precision.SECOND),
        ("2018-02-23T09:30:00Z", (2018, 2, 23, 9, 30), Precision.SECOND),
        (
            "2018-02-23T09:30:15.25Z",
            (2018, 2, 23, 9, 30, 15, 250_000),
            Precision.SECOND,
        ),
        ("2018-02-23T09:30+02:00", (2018, 2, 23, 7, 30), Precision.MINUTE),
        ("2018-02-23T09:30:15+02:00", (2018, 2, 23, 7, 30, 15), Precision.SECOND),
        ("2018-02-23T21:30-05:00", (2018, 2, 24, 2, 30), Precision.MINUTE),
        ("2018-02-23T21:30:15-05:00", (2018, 2, 24, 2, 30, 15), Precision.SECOND),
        ("2018-12-31T23:30-01:00", (2019, 1, 1, 0, 30), Precision.MINUTE),
        ("2020-02-29", (2020, 2, 29), Precision.DAY),
    ],
)
def test_time_is_as_exact_as_it_is_long(text, at, precision):
    assert parse_time(text) == Time(datetime(*at, tzinfo=UTC), precision)


def test_time_that_is_left_out_is_unknown():
    assert parse_time(None) == Time(None, Precision.UNKNOWN)


@pytest.mark.parametrize("text", ["2018-02-23T09:30", "2018-02-23T09:30:15"])
def test_time_of_day_without_its_zone_is_refused(text):
    with pytest.raises(
        ValueError, match=f"'{text}' has a time of day but no time zone"
    ):
        parse_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "18",
        "20180223",
        "2018-13",
        "2018-02-30",
        "2019-02-29",
        "2018-2-3",
        "2018-02- 3",
        "2018-W08-5",
        "23.02.2018",
        "0000",
        "0000-00-00",
        "0000-00-00T00:00:00Z",
        "2018-02-23T09Z",
        "2018-02-23T25:00Z",
        "2018-02-23T09:30:60Z",
        "0001-01-01T00:00+05:00",
        "-0001-11-30T00:00:00Z",
    ],
)
def test_text_that_is_no_time_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own
        parse_time(text)


def test_time_with_half_a_surrogate_pair_is_set_aside_in_words_that_can_be_kept():
    record = comment(posted="2018-2\ud800")

    assert (record.kind, record.id) == ("comment", "1")
    assert record.reason.encode()
