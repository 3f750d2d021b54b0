"""Citations as files, read again by programs that others wrote."""

import json
from datetime import UTC, datetime

import bibtexparser
import pytest
import rispy

from newsroom.citing.citations import Citation
from newsroom.citing.formats import bibtex, csl, ris

HOSTILE = [
    r"100 % of {braces} & $money #7 a_b ^ ~ \input{/etc/passwd}",
    "one brace { alone",
    "another } alone",
    'quotes " and “these”',
    "ER  - ",
    "a, and b and c @misc{x, y}",
    "</script><b>العربية 中文",
]


def _citation(**fields):
    given = {
        "key": "story-7",
        "title": "The river rose",
        "authors": ["Ida B"],
        "container": "times.example",
        "at": datetime(2018, 2, 23, tzinfo=UTC),
        "precision": "day",
        "language": "en",
        "url": "https://archive.example/articles/river/",
        "source_url": "",
        "record": None,
    }
    return Citation(**given | fields)


def _bibtex_fields(citation):
    library = bibtexparser.parse_string(bibtex(citation))
    assert library.failed_blocks == []
    [entry] = library.entries
    assert (entry.entry_type, entry.key) == ("misc", citation.key)
    return {name: field.value for name, field in entry.fields_dict.items()}


def test_bibtex_is_read_as_written():
    assert _bibtex_fields(_citation()) == {
        "author": "{Ida B}",
        "title": "{The river rose}",
        "howpublished": "times.example",
        "url": "https://archive.example/articles/river/",
        "langid": "en",
        "year": "2018",
        "month": "feb",
        "day": "23",
    }


def test_bibtex_says_that_there_is_no_date():
    fields = _bibtex_fields(_citation(at=None, precision="unknown"))

    assert fields["note"] == "Date: n.d."
    assert not {"year", "month", "day"} & {*fields}


@pytest.mark.parametrize("text", HOSTILE)
def test_bibtex_stays_one_entry_whatever_the_text(text):
    written = bibtex(_citation(title=text, authors=[text, text], container=text))

    # BibTeX counts braces whether escaped or not.
    depth = 0
    for character in written.removeprefix("@misc")[:-2]:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth > 0
    fields = _bibtex_fields(_citation(title=text))
    assert fields["author"] == "{Ida B}"
    assert fields["title"].startswith("{")
    assert r"\input" not in fields["title"]


def test_tex_has_no_command_of_the_text():
    fields = _bibtex_fields(_citation(title=r"\{50 %_~^$&#"))

    assert fields["title"] == (
        r"{\textbackslash{}\textbraceleft{}50 \%\_\textasciitilde{}"
        r"\textasciicircum{}\$\&\#}"
    )


def test_ris_is_read_as_written():
    [record] = rispy.loads(ris(_citation()))

    assert record == {
        "type_of_reference": "NEWS",
        "authors": ["Ida B"],
        "title": "The river rose",
        "secondary_title": "times.example",
        "year": "2018",
        "date": "2018/02/23/",
        "language": "en",
        "urls": ["https://archive.example/articles/river/"],
        "database_provider": "Newsroom",
        "id": "story-7",
    }


@pytest.mark.parametrize(
    ("precision", "date"), [("month", "2018/02//"), ("year", "2018///")]
)
def test_ris_leaves_unknown_parts_of_a_date_empty(precision, date):
    [record] = rispy.loads(ris(_citation(precision=precision)))

    assert record["date"] == date


@pytest.mark.parametrize("text", [*HOSTILE, "a\r\nER  - \r\nTY  - BOOK", "a\x00b\x85c"])
def test_ris_stays_one_record_whatever_the_text(text):
    written = ris(_citation(title=text, container=text))

    assert len(rispy.loads(written)) == 1
    lines = written.split("\r\n")
    assert [line[:6] for line in lines[:-1]] == [
        f"{tag}  - "
        for tag in ("TY", "AU", "TI", "T2", "PY", "DA", "LA", "UR", "DP", "ID", "ER")
    ]
    assert len(written.splitlines()) == len(lines) - 1


def test_csl_is_an_item_of_its_schema():
    comment = _citation(is_comment=True, authors=[], unnamed="Unnamed reader")

    assert json.loads(csl(comment)) == [
        {
            "id": "story-7",
            "type": "post",
            "title": "The river rose",
            "author": [{"literal": "Unnamed reader"}],
            "container-title": "times.example",
            "issued": {"date-parts": [[2018, 2, 23]]},
            "language": "en",
            "URL": "https://archive.example/articles/river/",
            "source": "Newsroom",
        }
    ]


def test_csl_leaves_out_what_is_not_known():
    [item] = json.loads(csl(_citation(at=None, precision="unknown", language="")))

    assert {*item} == {
        "id", "type", "title", "author", "container-title", "URL", "source", "note",
    }  # fmt: skip
    assert item["note"] == "Date: n.d."
