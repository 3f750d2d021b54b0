"""Citations as files: BibTeX, RIS and CSL-JSON."""

import json
from collections.abc import Callable
from typing import NamedTuple

from django.utils.translation import gettext

from newsroom.citing.citations import Citation, one_line

# What has a meaning in TeX. BibTeX counts braces whether escaped or not, so that a
# single one must not be written as such.
_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "_": r"\_",
        "%": r"\%",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        '"': "{''}",
    }
)
_MONTHS = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip


def bibtex(citation: Citation) -> str:
    """Return an entry for BibTeX and BibLaTeX alike."""
    fields = {
        "author": " and ".join(f"{{{_tex(name)}}}" for name in citation.named),
        # A second pair of braces keeps capitals as they are.
        "title": f"{{{_tex(citation.title)}}}",
        "howpublished": _tex(citation.container),
        "url": citation.url,
        "langid": _tex(citation.language),
        "note": _tex(_note(citation)),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    for name, value in zip(("year", "month", "day"), citation.date_parts, strict=False):
        # Months are macros, so that a style writes them in its own language.
        text = _MONTHS[value - 1] if name == "month" else f"{{{value}}}"
        lines.append(f"  {name} = {text},")
    return "\n".join([f"@misc{{{citation.key},", *lines, "}", ""])


def ris(citation: Citation) -> str:
    """Return a record whose every line is a tag and its text, ended by CR and LF."""
    tags = [
        ("TY", "ELEC" if citation.is_comment else "NEWS"),
        *(("AU", name) for name in citation.named),
        ("TI", citation.title),
        ("T2", citation.container),
        *_ris_dates(citation.date_parts),
        ("LA", citation.language),
        ("UR", citation.url),
        ("DP", citation.site),
        ("N1", _note(citation)),
        ("ID", citation.key),
        ("ER", ""),
    ]
    is_needed = {"TY", "ER"}
    return "".join(
        f"{tag}  - {one_line(text)}\r\n"
        for tag, text in tags
        if text or tag in is_needed
    )


def csl(citation: Citation) -> str:
    """Return a list of one item, as the schema of CSL-JSON has it."""
    item = {
        "id": citation.key,
        "type": "post" if citation.is_comment else "article-newspaper",
        "title": citation.title,
        "author": [{"literal": name} for name in citation.named],
        "container-title": citation.container,
        "issued": {"date-parts": [citation.date_parts]} if citation.date_parts else {},
        "language": citation.language,
        "URL": citation.url,
        "source": citation.site,
        "note": _note(citation),
    }
    given = {name: value for name, value in item.items() if value}
    return json.dumps([given], ensure_ascii=False, indent=2) + "\n"


class Format(NamedTuple):
    name: str
    content_type: str
    write: Callable[[Citation], str]


# By what a file's name ends in.
FORMATS = {
    "bib": Format("BibTeX", "application/x-bibtex; charset=utf-8", bibtex),
    "ris": Format("RIS", "application/x-research-info-systems; charset=utf-8", ris),
    "csl.json": Format("CSL-JSON", "application/vnd.citationstyles.csl+json", csl),
}


def _tex(text: str) -> str:
    return text.translate(_TEX)


def _ris_dates(parts: list[int]) -> list[tuple[str, str]]:
    """Return the year, and the date whose unknown parts stay empty between slashes."""
    if not parts:
        return []
    year, *rest = (f"{part:02}" for part in parts)
    month, day, *_ = (*rest, "", "")
    return [("PY", f"{year:0>4}"), ("DA", f"{year:0>4}/{month}/{day}/")]


def _note(citation: Citation) -> str:
    """Say what the fields of a format cannot: how far the date and the copy are."""
    date = ""
    if not citation.date_parts or citation.date_basis != "given":
        date = gettext("Date: %(date)s") % {"date": citation.date_in_words}
        date += "" if date.endswith(".") else "."
    return " ".join(filter(None, [date, citation.capture_in_words]))
