"""A plain-text capture of a page: what is left when only its words were kept.

The first line is the headline; paragraphs follow, parted by blank lines; a closing
paragraph may be about the writer; then come the readers' comments, each with a bullet,
in the order the page showed them:

    A headline

    A paragraph.

    Jane Roe is a reporter who covers rivers.

      • The first comment.
      • The second one,
        which goes on.

Nobody's name, no date and no reply link is in such a file, so none is made up: comments
are unnamed, undated and top level. Words and typing errors stay as they are. Bullets
that are followed by more paragraphs are a list in the story, not comments.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from articles.html import paragraphs
from newsroom.archive.language import detect
from newsroom.archive.records import (
    ArticleRecord,
    AuthorRecord,
    CommentRecord,
    FormatError,
    Found,
    SourceRecord,
)

NAME = "capture"
LABEL = "from a plain-text capture"
MAX_BYTES = 64 * 1024 * 1024
NOTE = (
    "A plain-text capture keeps the words of the story and of the comments, and their "
    "order. Who wrote the comments, when, and who answers whom was lost."
)

_MARKUP = re.compile(r"\s*(?:<[?!A-Za-z]|\{\s*\"|\[\s*[\[{\"])")
_BULLET = re.compile(r"\s*[•‣◦▪*\-–]\s+(?=\S)")
# “Jane Roe is …”: two to five capitalised words, then what the person is or does.
_WRITER = re.compile(
    r"(?P<name>[^\W\d_][\w.'’-]*(?: (?:[^\W\d_][\w.'’-]*)){1,4}?)"
    r" (?:(?:is|was) (?:an?|the|our|one)|has been|writes|covers|reports|works|joined"
    r"|edits)\b"
)
_WRITERS_WORK = re.compile(
    r"\b(?:writers?|editor|editor-in-chief|reporter|journalist|correspondent|columnist"
    r"|contributor|author|freelancer?|blogger|staff|covers|writes|writing|follow)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")


@dataclass
class _Block:
    """Lines without a blank one between them."""

    line: int
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def is_bulleted(self) -> bool:
        return bool(_BULLET.match(self.lines[0]))

    @property
    def is_indented(self) -> bool:
        return all(line[:1].isspace() for line in self.lines)


def _is_markup(text: str) -> bool:
    return _MARKUP.match(text) is not None


def recognises(head: bytes) -> bool:
    """Tell whether these bytes are text that begins like a page: a line, then more."""
    text = _decode_head(head)
    if text is None or "\x00" in text:
        return False
    return not _is_markup(text) and len(text.strip().splitlines()) > 1


def read(file: BinaryIO) -> Iterator[Found]:
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise FormatError("A capture of one page is never larger than 64 MB.")
    text = _text(data)
    if _is_markup(text):
        raise FormatError("This is markup or data, not the plain text of a page.", 1)
    headline, *blocks = _blocks(text)
    body, comments = _part(blocks)
    yield Found(SourceRecord(note=NOTE), "", 1)
    yield from _read_story(headline, body)
    language = detect(" ".join(block.text for block in [headline, *body]))
    last = len(comments)
    for number, comment in enumerate(comments, 1):
        yield Found(
            _comment(comment, number, language, number == last),
            comment.text,
            comment.line,
        )


def _encoding(data: bytes) -> str:
    return "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _decode_head(head: bytes) -> str | None:
    """Return the text of a file's first bytes, which may end within a character."""
    decoder = codecs.getincrementaldecoder(_encoding(head))()
    try:
        return decoder.decode(head)
    except UnicodeDecodeError:
        return None


def _text(data: bytes) -> str:
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "replace").count("\n") + 1
        raise FormatError(
            "This is not UTF-8 text. Save the file as UTF-8.", line
        ) from error
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise FormatError("There is a NUL character: this is not a text file.", line)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _blocks(text: str) -> list[_Block]:
    """Return the headline's line and then the blocks between blank lines."""
    blocks: list[_Block] = []
    block = None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            block = None
            continue
        if block is None:
            block = _Block(number)
            blocks.append(block)
        block.lines.append(line)
        if len(blocks) == 1:
            block = None  # The headline is one line, whatever follows it.
    if not blocks:
        raise FormatError("The file is empty.", 1)
    if blocks[0].is_bulleted:
        raise FormatError(
            "The first line is the headline of the page, not a bullet.", blocks[0].line
        )
    return blocks


def _part(blocks: list[_Block]) -> tuple[list[_Block], list[_Block]]:
    """Part the story's paragraphs from the comments, one block each."""
    start = len(blocks)
    for index in range(len(blocks) - 1, -1, -1):
        if blocks[index].is_bulleted:
            start = index
        elif not blocks[index].is_indented:
            break
    comments: list[_Block] = []
    for block in blocks[start:]:
        for offset, line in enumerate(block.lines):
            if _BULLET.match(line):
                comments.append(_Block(block.line + offset, [line]))
            else:
                # A blank line within a comment parts its paragraphs.
                gap = [""] if offset == 0 else []
                comments[-1].lines += [*gap, line]
    return blocks[:start], comments


def _read_story(headline: _Block, body: list[_Block]) -> Iterator[Found]:
    authors = ()
    paragraphs_of_story = body
    if writer := _writer(body):
        *paragraphs_of_story, note = body
        yield Found(writer, note.text, note.line)
        authors = (writer.id,)
    text = "\n\n".join(block.text for block in paragraphs_of_story)
    article = ArticleRecord(
        id="1",
        headline=headline.text.strip(),
        body=paragraphs(text),
        language=detect(f"{headline.text} {text}"),
        status="published",
        authors=authors,
    )
    raw = "\n\n".join([headline.text, text]) if text else headline.text
    yield Found(article, raw, headline.line)


def _writer(body: list[_Block]) -> AuthorRecord | None:
    """Recognise a closing paragraph about the writer by its shape."""
    if len(body) < 2:
        return None
    text = " ".join(line.strip() for line in body[-1].lines)
    match = _WRITER.match(text)
    if not match or not _WRITERS_WORK.search(text):
        return None
    name = match["name"]
    if not all(word[0].isupper() for word in (name.split()[0], name.split()[-1])):
        return None
    return AuthorRecord(id="1", name=name, biography=text)


def _comment(block: _Block, number: int, language: str, is_last: bool) -> CommentRecord:
    first, *others = block.lines
    lines = [_BULLET.sub("", first, count=1), *(line.strip() for line in others)]
    text = "\n".join(lines).strip()
    return CommentRecord(
        id=str(number),
        article="1",
        body=text,
        language=detect(text, expected=language),
        is_truncated=is_last and not _SENTENCE_END.search(text),
        status="public",
    )
