"""Reading XML exports as they are found: repaired with a log, then parsed strictly.

A parser that recovers on its own drops content without a word. So the text is repaired
first, each repair noted with its place, and what then reaches the parser must be
well-formed. The parser loads no DTD, expands no entity and opens no address.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.entities import html5
from typing import BinaryIO

from lxml import etree

from newsroom.archive.records import Condition, FormatError, Found, Unreadable

CHUNK = 256 * 1024
# A text of 11 MB was found in an export; libxml2's own limit is 10 MB.
MOST_BUFFERED = 64 * 1024 * 1024
# How much may stand before the XML, such as notices of PHP, in characters.
MOST_BEFORE = 4 * CHUNK
MOST_NOTES = 1000
REPLACEMENT = "\ufffd"

# Prefixes that exports use, also where a plugin or an editor lost their declaration.
NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dsq": "http://disqus.com/disqus-internals",
    "excerpt": "http://wordpress.org/export/1.2/excerpt/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "wp": "http://wordpress.org/export/1.2/",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}

_START = re.compile(r"<(?:\?xml\s|rss[\s>]|disqus[\s/>])")
_DECLARATION = re.compile(r"\s*<\?xml\b.*?\?>", re.DOTALL)
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding=[\"']([A-Za-z0-9._:-]+)[\"']")
_ROOT = re.compile(r"<(rss|disqus)(\s[^<>]*|/)?>")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OPENS = re.compile(r"<!\[CDATA\[|<!--")
_CLOSERS = {"<![CDATA[": "]]>", "<!--": "-->"}
_OPAQUE = re.compile(r"(<!\[CDATA\[.*?\]\]>|<!--.*?-->)", re.DOTALL)
_SUSPECT = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)|<!DOCTYPE|--(?!>)")
_PREFIX = re.compile(r"<(/?)([A-Za-z_][\w.-]*):")
_DECLARES = re.compile(r"xmlns:([A-Za-z_][\w.-]*)\s*=")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>", re.DOTALL)
_PAIR = re.compile(r"&#(\d{5}|x[dD][89abAB]..);&#(\d{5}|x[dD][c-fC-F]..);")
_REFERENCE = re.compile(r"&(?:#(\d{1,7}|x[0-9a-fA-F]{1,6});|([A-Za-z]\w{1,31};))?")
_DECLARATIONS = re.compile(r' xmlns(:\w+)?="[^"]*"')
_XML_ENTITIES = {"amp;", "lt;", "gt;", "quot;", "apos;"}


@dataclass
class Repairs:
    """What was repaired: how often each kind, and where the first thousand were."""

    counts: Counter = field(default_factory=Counter)
    notes: list[tuple[int, str]] = field(default_factory=list)

    def note(self, what: str, place: int):
        self.counts[what] += 1
        if len(self.notes) < MOST_NOTES:
            self.notes.append((place, what))


class XMLReader:
    """The records of one XML file, in a stream.

    After the last one, `opened` says how many tags of each record opened in the text,
    counted apart from the parser; `ends_early` says why the parser stopped before the
    end, or "". Places are in characters of the unpacked text.
    """

    def __init__(self, file: BinaryIO, records: tuple[str, ...]):
        self.file = file
        self.records = records
        self.repairs = Repairs()
        self.opened: Counter = Counter()
        self.ended: Counter = Counter()
        self.ends_early = ""
        self._place = 0
        self._prefixes = set(NAMESPACES)
        self._undeclared: set[str] = set()
        # A reference to another record is an empty tag and opens nothing.
        self._opening = re.compile(
            rf"<(?:[\w.-]+:)?({'|'.join(records)})(?=[\s>])[^<>]*(?<!/)>"
        )

    def elements(self) -> Iterator[etree._Element]:
        """Yield each record's element when it is complete; it is dropped afterwards."""
        parser = etree.XMLPullParser(
            events=("end",),
            tag=[f"{{*}}{name}" for name in self.records],
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=True,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            for piece in self._pieces():
                parser.feed(piece.encode())
                yield from self._drain(parser)
            parser.close()
        except etree.XMLSyntaxError as error:
            yield from self._drain(parser)
            # The message may go on with the text it stumbled over, which is not ours.
            what = (error.msg or "the text ends").splitlines()[0]
            self.ends_early = f"{what}, line {error.lineno}"

    def _drain(self, parser) -> Iterator[etree._Element]:
        for _, element in parser.read_events():
            if len(element) or element.text:
                self.ended[etree.QName(element).localname] += 1
                yield element
                parent = element.getparent()
                if parent is not None:
                    # Text that follows the element belongs to nobody here.
                    parent.remove(element)

    def _pieces(self) -> Iterator[str]:
        """Yield the repaired text, cut only where no tag, CDATA or comment is open."""
        root = None
        buffer, scanned, closer = "", 0, ""
        for text in self._texts():
            buffer += text
            safe, scanned, closer = _safe_end(buffer, scanned, closer)
            if not safe:
                if len(buffer) > MOST_BUFFERED:
                    raise FormatError("A text in it is longer than 64 MB.")
                continue
            piece, buffer, scanned = buffer[:safe], buffer[safe:], scanned - safe
            if root is None:
                piece, root = self._opened_root(piece)
            repaired, is_end = self._repaired(piece, root)
            self._place += len(piece)
            yield repaired
            if is_end:
                if buffer.strip():
                    self.repairs.note("text after the end left out", self._place)
                return
        if buffer.strip():
            yield self._repaired(buffer, root or "")[0]

    def _texts(self) -> Iterator[str]:
        """Yield the file's text, decoded, from the start of the XML on."""
        texts = self._decoded()
        text = next(texts)
        while not (start := _START.search(text)) and len(text) <= MOST_BEFORE:
            more = next(texts, None)
            if more is None:
                break
            text += more
        if start is None:
            raise FormatError("There is no XML of a known kind in the file.", 1)
        if text[: start.start()].strip("\ufeff \t\r\n"):
            self.repairs.note("text before the beginning left out", 0)
        self._place = start.start()
        yield text[start.start() :]
        yield from texts

    def _decoded(self) -> Iterator[str]:
        data = self.file.read(CHUNK)
        decode = _Decoder(_encoding(data), self.repairs)
        while data:
            yield decode(data)
            data = self.file.read(CHUNK)
        yield decode(b"", is_last=True)

    def _opened_root(self, piece: str) -> tuple[str, str]:
        """Declare in the root what is used but not declared; return its name too."""
        piece = _DECLARATION.sub("", piece, count=1)
        root = _ROOT.search(piece)
        if root is None:
            raise FormatError("The file begins like XML, but is no export.", 1)
        declared = set(_DECLARES.findall(root[0]))
        missing = "".join(
            f' xmlns:{prefix}="{address}"'
            for prefix, address in NAMESPACES.items()
            if prefix not in declared
        )
        self._prefixes |= declared
        self._undeclared = NAMESPACES.keys() - declared
        tag = f"<{root[1]}{missing}{root[0].removeprefix('<' + root[1])}"
        before = _DOCTYPE.sub("", _refuse_entities(piece[: root.start()]))
        return before + tag + piece[root.end() :], root[1]

    def _repaired(self, piece: str, root: str) -> tuple[str, bool]:
        """Return the piece as well-formed text, and whether the root ends in it."""
        if _FORBIDDEN.search(piece):
            piece = _FORBIDDEN.sub(self._replace_forbidden, piece)
        parts = _OPAQUE.split(piece)
        outside = "".join(parts[::2])
        self.opened.update(self._opening.findall(outside))
        self._prefixes.update(_DECLARES.findall(outside))
        is_end = f"</{root}>" in outside
        used = {prefix for _, prefix in _PREFIX.findall(outside)}
        for prefix in used & self._undeclared:
            self.repairs.note(f"undeclared prefix {prefix} declared", self._place)
        self._undeclared = self._undeclared - used
        if is_end or used - self._prefixes or _SUSPECT.search(outside):
            parts[::2] = [self._repair_markup(part) for part in parts[::2]]
        for index in range(1, len(parts), 2):
            if parts[index].startswith("<!--"):
                parts[index] = ""
        text = "".join(parts)
        if is_end:
            # The root's last end tag: one in the text would be in CDATA or escaped.
            text, _, after = text.rpartition(f"</{root}>")
            if after.strip():
                self.repairs.note("text after the end left out", self._place)
            text += f"</{root}>"
        return text, is_end

    def _replace_forbidden(self, match: re.Match) -> str:
        what = f"character U+{ord(match[0]):04X}, forbidden in XML, replaced"
        self.repairs.note(what, self._place + match.start())
        return REPLACEMENT

    def _repair_markup(self, text: str) -> str:
        if "<!DOCTYPE" in text:
            text = _DOCTYPE.sub("", _refuse_entities(text))
        text = _PAIR.sub(_joined_pair, text)
        text = _REFERENCE.sub(self._repair_reference, text)
        return _PREFIX.sub(self._repair_prefix, text)

    def _repair_reference(self, match: re.Match) -> str:
        number, name = match.groups()
        place = self._place + match.start()
        if number:
            character = chr(min(_code(number), 0x10FFFF))
            if not _FORBIDDEN.match(character):
                return match[0]
            self.repairs.note("reference to a forbidden character replaced", place)
            return REPLACEMENT
        if name in _XML_ENTITIES:
            return match[0]
        if name in html5:
            self.repairs.note("HTML entity written as its character", place)
            return "".join(f"&#{ord(character)};" for character in html5[name])
        self.repairs.note("bare & escaped", place)
        return "&amp;" + match[0][1:]

    def _repair_prefix(self, match: re.Match) -> str:
        slash, prefix = match.groups()
        if prefix in self._prefixes:
            return match[0]
        self.repairs.note(
            f"undeclared prefix {prefix} joined to its name",
            self._place + match.start(),
        )
        return f"<{slash}{prefix}_"


def _safe_end(buffer: str, scanned: int, closer: str) -> tuple[int, int, str]:
    """Return where to cut the buffer, how far it was scanned and what is still open."""
    safe = 0
    while True:
        if closer:
            end = buffer.find(closer, scanned)
            if end < 0:
                return safe, max(len(buffer) - len(closer) + 1, scanned), closer
            scanned = safe = end + len(closer)
            closer = ""
        opening = _OPENS.search(buffer, scanned)
        if opening is None:
            safe = max(safe, buffer.rfind(">", scanned) + 1)
            return safe, safe, ""
        safe = max(safe, opening.start())
        scanned, closer = opening.end(), _CLOSERS[opening[0]]


class _Decoder:
    """Bytes to text; runs that the encoding does not know are read as Windows-1252."""

    def __init__(self, encoding: str, repairs: Repairs):
        self.encoding, self.repairs = encoding, repairs
        self.decode_next = codecs.getincrementaldecoder(encoding)().decode
        self.place = 0

    def __call__(self, data: bytes, is_last: bool = False) -> str:
        try:
            text = self.decode_next(data, is_last)
        except UnicodeDecodeError as error:
            text = self._mend(error.object)
        self.place += len(text)
        return text

    def _mend(self, data: bytes) -> str:
        """Decode what the decoder could not, line by line and run by run."""
        texts = []
        for line in data.splitlines(keepends=True):
            while True:
                try:
                    texts.append(line.decode(self.encoding))
                    break
                except UnicodeDecodeError as error:
                    texts.append(line[: error.start].decode(self.encoding))
                    run = line[error.start : error.end]
                    texts.append(run.decode("cp1252", "replace"))
                    line = line[error.end :]
                    what = f"bytes that are no {self.encoding} read as Windows-1252"
                    self.repairs.note(what, self.place + sum(map(len, texts)) - 1)
        self.decode_next = codecs.getincrementaldecoder(self.encoding)().decode
        return "".join(texts)


def _encoding(head: bytes) -> str:
    """Return the encoding that a file's first bytes show or declare."""
    if head.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if head.startswith(b"\xfe\xff"):
        return "utf-16-be"
    declared = _ENCODING.search(head[:4096])
    name = declared[1].decode().lower() if declared else "utf-8"
    if name in ("iso-8859-1", "latin1", "us-ascii", "ascii"):
        return "cp1252"  # As browsers read what calls itself so.
    try:
        # A declaration that could be read as ASCII is not in UTF-16 itself.
        is_usable = "<".encode(name) == b"<"
    except LookupError:
        is_usable = False
    return name if is_usable else "utf-8"


def _refuse_entities(text: str) -> str:
    if "<!ENTITY" in text:
        raise FormatError("The file declares entities, which no export does.", 1)
    return text


def _code(number: str) -> int:
    return int(number[1:], 16) if number.startswith("x") else int(number)


def _joined_pair(match: re.Match) -> str:
    """Join two references to halves of one character; leave others as they are."""
    high, low = map(_code, match.groups())
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return f"&#{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)};"
    return match[0]


def texts_of(element: etree._Element) -> dict[str, str]:
    """Return the texts of an element's children by local name; the first of each."""
    texts: dict[str, str] = {}
    for child in element:
        texts.setdefault(etree.QName(child).localname, child.text or "")
    return texts


def raw_of(element: etree._Element) -> str:
    """Return an element as it stood in the file, after the repairs."""
    text = etree.tostring(element, encoding="unicode", with_tail=False)
    head, bracket, rest = text.partition(">")
    return _DECLARATIONS.sub("", head) + bracket + rest


def is_web_address(text: str) -> bool:
    return re.match(r"https?://[^\s/]+", text) is not None


def closing(reader: XMLReader, kinds: dict[str, str]) -> Iterator[Found]:
    """Account for what opened in the text but never came out whole; tell its condition.

    Raises FormatError for a file of which nothing could be read.
    """
    if reader.ends_early and not reader.ended:
        raise FormatError(f"The XML cannot be read: {reader.ends_early}.")
    why = f"The file ends within it ({reader.ends_early})"
    for name, kind in kinds.items():
        for number in range(reader.opened[name] - reader.ended[name]):
            record = Unreadable(kind=kind, id=f"cut off {number + 1}", reason=why)
            yield Found(record, "", 0)
    condition = Condition(
        ends_early=reader.ends_early,
        repairs=dict(reader.repairs.counts),
        repair_places=tuple(reader.repairs.notes),
    )
    yield Found(condition, "", 0)
