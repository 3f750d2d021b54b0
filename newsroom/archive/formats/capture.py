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
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from django.utils.translation import gettext_noop

from articles.html import paragraphs
from newsroom.archive.language import detect
from newsroom.archive.records import (
    ArticleRecord,
    AuthorRecord,
    CommentRecord,
    Condition,
    FormatError,
    Found,
    SourceRecord,
)

NAME = "capture"
LABEL = gettext_noop("from a plain-text capture")
STORIES_NEED_COMMENTS = False
MAX_BYTES = 64 * 1024 * 1024
NOTE = (
    "A plain-text capture keeps the words of the story and of the comments, and their "
    "order. Who wrote the comments, when, and who answers whom was lost."
)

_MARKUP = re.compile(r"\s*(?:<[?!A-Za-z]|\{\s*\"|\[\s*[\[{\"])")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
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
class _Line:
    """A line without its end, and the bytes where its words begin and end."""

    number: int
    text: str
    start: int
    end: int

    @property
    def has_bullet(self) -> bool:
        return _BULLET.match(self.text) is not None


@dataclass
class _Block:
    """Lines without a blank one between them."""

    lines: list[_Line] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def start(self) -> int:
        return self.lines[0].start

    @property
    def end(self) -> int:
        return self.lines[-1].end

    @property
    def is_indented(self) -> bool:
        return all(line.text[:1].isspace() for line in self.lines)


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
        raise FormatError(
            gettext_noop("A capture of one page is never larger than 64 MB.")
        )
    text = _text(data)
    if _is_markup(text):
        raise FormatError(
            gettext_noop("This is markup or data, not the plain text of a page."), 1
        )
    headline, *blocks = _blocks(_lines(text, data))
    body, comments = _part(blocks)
    yield Found(SourceRecord(note=NOTE))
    story = list(_read_story(headline, body))
    yield from story
    language = detect(" ".join(block.text for block in [headline, *body]))
    last = len(comments)
    for number, comment in enumerate(comments, 1):
        record = _comment(comment, number, language, number == last)
        yield Found(record, comment.start, comment.end)
    yield Found(Condition(opened={"comment": last, "other": len(story)}))


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
            gettext_noop("This is not UTF-8 text. Save the file as UTF-8."), line
        ) from error
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise FormatError(
            gettext_noop("There is a NUL character: this is not a text file."), line
        )
    return text


def _lines(text: str, data: bytes) -> Iterator[_Line]:
    """Yield the lines, however they end, with their places in the bytes."""
    encoding = _encoding(data)
    mark = codecs.BOM_UTF8 if encoding == "utf-8-sig" else data[:2]
    start = len(mark) if data.startswith(mark) else 0
    if encoding == "utf-16":
        encoding = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    else:
        encoding = "utf-8"
    for number, match in enumerate(_LINE.finditer(text), 1):
        line = match[0].rstrip("\r\n")
        words = line.strip()
        before = line[: line.index(words)]
        begin = start + len(before.encode(encoding))
        yield _Line(number, line, begin, begin + len(words.encode(encoding)))
        start += len(match[0].encode(encoding))


def _blocks(lines: Iterator[_Line]) -> list[_Block]:
    """Return the headline's line and then the blocks between blank lines."""
    blocks: list[_Block] = []
    block = None
    for line in lines:
        if not line.text.strip():
            block = None
            continue
        if block is None:
            block = _Block()
            blocks.append(block)
        block.lines.append(line)
        if len(blocks) == 1:
            block = None  # The headline is one line, whatever follows it.
    if not blocks:
        raise FormatError(gettext_noop("The file is empty."), 1)
    first = blocks[0].lines[0]
    if first.has_bullet:
        raise FormatError(
            gettext_noop("The first line is the headline of the page, not a bullet."),
            first.number,
        )
    return blocks


def _part(blocks: list[_Block]) -> tuple[list[_Block], list[_Block]]:
    """Part the story's paragraphs from the comments, one block each."""
    start = len(blocks)
    for index in range(len(blocks) - 1, -1, -1):
        if blocks[index].lines[0].has_bullet:
            start = index
        elif not blocks[index].is_indented:
            break
    comments: list[_Block] = []
    for block in blocks[start:]:
        if not block.lines[0].has_bullet:
            # A blank line within a comment parts its paragraphs.
            comments[-1].lines.append(replace(block.lines[0], text=""))
        for line in block.lines:
            if line.has_bullet:
                comments.append(_Block())
            comments[-1].lines.append(line)
    return blocks[:start], comments


def _read_story(headline: _Block, body: list[_Block]) -> Iterator[Found]:
    authors = ()
    paragraphs_of_story = body
    if writer := _writer(body):
        *paragraphs_of_story, note = body
        yield Found(writer, note.start, note.end)
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
    end = [headline, *paragraphs_of_story][-1].end
    yield Found(article, headline.start, end)


def _writer(body: list[_Block]) -> AuthorRecord | None:
    """Recognise a closing paragraph about the writer by its shape."""
    if len(body) < 2:
        return None
    text = " ".join(line.text.strip() for line in body[-1].lines)
    match = _WRITER.match(text)
    if not match or not _WRITERS_WORK.search(text):
        return None
    name = match["name"]
    if not all(word[0].isupper() for word in (name.split()[0], name.split()[-1])):
        return None
    return AuthorRecord(id="1", name=name, biography=text)


def _comment(block: _Block, number: int, language: str, is_last: bool) -> CommentRecord:
    first, *others = block.text.split("\n")
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
