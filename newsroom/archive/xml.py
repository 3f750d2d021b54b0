"""Reading XML exports as they are found: repaired with a log, then parsed strictly.

A parser that recovers on its own drops content without a word. So the text is repaired
first, each repair noted with its place, and what then reaches the parser must be
well-formed. The parser loads no DTD, expands no entity and opens no address.

Which records a file holds is found in its text, outside CDATA and comments, and apart
from the parser: each opening tag of a record is told its place in the file's bytes as
an attribute, and what the parser gives back is known by it. What it never gives back
is still accounted for.
"""

import codecs
import re
import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from html.entities import html5
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext_noop
from lxml import etree

from newsroom.archive.records import Condition, FormatError

CHUNK = 256 * 1024
HEAD = 16 * 1024
# A text of 11 MB was found in an export; libxml2's own limit is 10 MB.
MOST_BUFFERED = 64 * 1024 * 1024
# Between two tags of records, however it is made up: it is held in memory.
MOST_BETWEEN = 4 * MOST_BUFFERED
# How much may stand before the XML, such as notices of PHP, in characters.
MOST_BEFORE = 4 * CHUNK
MOST_DEPTH = 100
MOST_NOTES = 1000
MOST_NAMES = 10_000
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
ROOTS = ("rss", "disqus")
# Tells the parser's elements where they began.
MARK = "newsroom-place"

ENTITY_WRITTEN = gettext_noop("HTML entity written as its character")
AMPERSAND_ESCAPED = gettext_noop("bare & escaped")
REFERENCE_REPLACED = gettext_noop("reference to a forbidden character replaced")
LEFT_OUT = gettext_noop("text after the end left out")
LEFT_OUT_BEFORE = gettext_noop("text before the beginning left out")

_CDATA = "<![CDATA["
_START = re.compile(r"<(?:\?xml\s|rss[\s>]|disqus[\s/>])")
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding=[\"']([A-Za-z0-9._:-]+)[\"']")
# Codecs of Python that are no encodings of a text file.
_NO_ENCODINGS = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"}
_ONE_BYTE = re.compile(r"cp12\d\d|iso8859-\d+|koi8-\w")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_CONTROL = bytes({*range(256)} - {*range(32)} | {9, 10, 13})
_OPAQUE = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->", re.DOTALL)
_DECLARES = re.compile(r"xmlns:([A-Za-z_][\w.-]*)\s*=")
_SUSPECT = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)")
_REPAIRABLE = re.compile(
    r"&(?:#(?P<high>\d{5}|x[dD][89abAB][0-9a-fA-F]{2});"
    r"&#(?P<low>\d{5}|x[dD][c-fC-F][0-9a-fA-F]{2});"
    r"|#(?P<number>\d{1,10}|x[0-9a-fA-F]{1,8});"
    r"|(?P<name>[A-Za-z]\w{1,31};))?|<!DOCTYPE|\]\]>"
)
_NO_PREFIX = re.compile(r"Namespace prefix (\S+)(?: for \S+)? on \S+ is not defined")
_DECLARATIONS = re.compile(r' xmlns(:\w+)?="[^"]*"')
_COLUMN = re.compile(r", line \d+, column \d+.*")
_WEB_ADDRESS = re.compile(r"https?://[^\s/]+")
# What é, a quotation mark, an emoji or a pair of Cyrillic letters become.
_AFTER_LEAD = "[€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ\u00a0-\u00bf]"
_TWICE = re.compile("[ÂÃ]A|â€A|ðŸAA|(?:[ÐÑ]A){2}".replace("A", _AFTER_LEAD))
_LEADS = ("Ã", "â€", "Â", "ðŸ", "Ð")
_XML_ENTITIES = {"amp;", "lt;", "gt;", "quot;", "apos;"}

# What a token is, by the last group that matched; None is a whole CDATA section.
_UNCLOSED, _COMMENT_END, _UNCLOSED_COMMENT, _CLOSES, _OPENS = range(1, 6)
# A tag ends where its quotation marks say; if they are wrong, at the next bracket.
_TAGS_AND_SECTIONS = r"""<(?:
    !\[CDATA\[(?:[^\]]*+(?:\](?!\]>)[^\]]*+)*+\]\]>|((?s:.*)))
  | !--(?:(?s:.*?)(-->)|((?s:.*)))
  | (?:/((?:[\w.-]++:)?+(?:%s))|((?:[\w.-]++:)?+(?:%s)))(?=[\s/>])
    (?:(?:[^<>"']++|"[^<"]*+"|'[^<']*+')*+>|[^<>]*+(?:>|(?=<)))
)"""


class Shape(NamedTuple):
    """Which elements of a name are records, and what kind their books are kept under.

    `prefix` is a regular expression of the prefixes it may have. Within an open record
    of a name in `never_in` it is something else, such as a reference.
    """

    kind: str
    prefix: str = ""
    never_in: tuple[str, ...] = ()


@dataclass
class Repairs:
    """What was repaired: how often each kind, and where the first thousand were."""

    counts: Counter = field(default_factory=Counter)
    notes: list[tuple[int, str]] = field(default_factory=list)

    def note(self, what: str, place: int | Callable, index: int = 0):
        """Note a repair at a byte, or at a character whose byte is worked out."""
        self.counts[what] += 1
        if len(self.notes) < MOST_NOTES:
            self.notes.append((place if isinstance(place, int) else place(index), what))


class XMLReader:
    """The records of one XML file, in a stream.

    After the last one, `opened` says how many of each record opened in the text and
    `ended` how many the parser gave back whole; `ends_early` says why it stopped before
    the end, or "".
    """

    def __init__(self, file: BinaryIO, shapes: Mapping[str, Shape]):
        self.shapes = shapes
        self.repairs = Repairs()
        self.opened: Counter = Counter()
        self.ended: Counter = Counter()
        self.ends_early = ""
        self._text = _Text(file, self.repairs)
        names = "|".join([*shapes, *ROOTS])
        pattern = _TAGS_AND_SECTIONS % (names, names)
        self._tokens_in = re.compile(pattern, re.VERBOSE).finditer
        self._names_of_tags: dict[str, str] = {}
        # By their mark, the records that the parser has not given back: name and place.
        self._places: dict[str, list] = {}
        # What is open at this point of the text. References are too, without a place.
        self._open: list[tuple[str, list | None]] = []
        self._root = ""
        self._over_at: int | None = None
        # Marks of what closed in the text after the parser stopped.
        self._lost: list[str] = []
        self._between = 0
        self._undeclared: list[str] = []
        self._declarations: dict[str, str] = {}
        self._complaints = 0
        self._parser = etree.XMLPullParser(
            events=("end",),
            tag=[f"{{*}}{name}" for name in shapes],
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=True,
            remove_comments=True,
            remove_pis=True,
            collect_ids=False,
        )

    def records(self) -> Iterator[tuple[str, int, int, etree._Element | None]]:
        """Yield each record's name, place and element, once it is complete.

        The element is dropped afterwards; it is None when the parser gave none back.
        """
        for piece, data in self._pieces():
            if data and not self.ends_early:
                self._feed(data)
                yield from self._given_back()
                self._note_undeclared(piece)
                if self.ends_early:
                    self._lost = [
                        mark for mark, place in self._places.items() if place[2]
                    ]
            yield from self._not_given_back(self._lost)
            self._lost = []
        self._close()
        yield from self._given_back()
        yield from self._not_given_back(list(self._places))

    @property
    def head(self) -> str:
        """How the XML begins, once a record was read: comments there are not given."""
        return self._text.head

    def why_not_read(self, start: int, end: int) -> str:
        """Return why the parser gave nothing back for a record in this place."""
        if self._over_at is not None and start >= self._over_at:
            return gettext_noop("It stands after the end of the export")
        if not self.ends_early:
            return gettext_noop("It is no record of this export where it stands")
        where = "The file ends within it"
        if end < self._text.size:
            where = "The XML is broken in it or before it"
        return f"{where} ({self.ends_early})"

    def condition(self) -> Condition:
        opened = {"comment": 0, "other": 0}
        for name, count in self.opened.items():
            opened[self.shapes[name].kind] += count
        return Condition(
            opened=opened,
            ends_early=self.ends_early,
            repairs=dict(self.repairs.counts),
            repair_places=tuple(self.repairs.notes),
        )

    # The parser

    def _feed(self, data: bytes):
        try:
            self._parser.feed(data)
        except etree.XMLSyntaxError as error:
            self._break(error)

    def _close(self):
        if not self._root:
            raise FormatError(
                gettext_noop("The file begins like XML, but is no export."), 1
            )
        try:
            if not self.ends_early:
                self._parser.close()
        except etree.XMLSyntaxError as error:
            # It complains at the end of prefixes without a sound declaration, too.
            log = self._parser.feed_error_log
            if not len(log) or len(log.filter_from_fatals()):
                self._break(error)

    def _break(self, error: etree.XMLSyntaxError):
        # The message may go on with the text it stumbled over, which is not ours.
        what = (error.msg or "the text ends").splitlines()[0]
        line = (error.lineno or 1) + self._text.lines_before
        self.ends_early = f"{_COLUMN.sub('', what)}, line {line}"

    def _given_back(self) -> Iterator[tuple[str, int, int, etree._Element]]:
        for _, element in self._parser.read_events():
            place = self._places.pop(element.get(MARK), None)
            if place is not None:
                name, start, end = place
                self.ended[name] += 1
                yield name, start, end or start, element
                _drop(element)

    def _not_given_back(self, marks: list[str]) -> Iterator[tuple]:
        """Yield what opened in the text and is lost to the parser."""
        if self.ends_early and not self.ended:
            raise FormatError(f"The XML cannot be read: {self.ends_early}.")
        for mark in marks:
            name, start, end = self._places.pop(mark)
            yield name, start, end or self._text.size, None

    def _note_undeclared(self, piece: str):
        """Note the prefixes that were used and not declared; see that they are now."""
        used = [prefix for prefix in self._undeclared if f"{prefix}:" in piece]
        if used:
            outside = _OPAQUE.sub("", piece)
            used = [one for one in used if re.search(rf"<[^<>]*\b{one}:", outside)]
        log = self._parser.feed_error_log
        for entry in list(log)[self._complaints :]:
            match = _NO_PREFIX.match(entry.message)
            if match and match[1] not in self._declarations:
                prefix = match[1]
                self._declarations[prefix] = f' xmlns:{prefix}="undeclared:{prefix}"'
                used.append(prefix)
        self._complaints = len(log)
        for prefix in used:
            if prefix in self._undeclared:
                self._undeclared.remove(prefix)
            index = max(piece.find(f"{prefix}:"), 0)
            what = f"undeclared prefix {prefix} declared"
            self.repairs.note(what, self._text.places(piece), index)

    # The text

    def _pieces(self) -> Iterator[tuple[str, bytes]]:
        """Yield the text and, repaired and marked, what of it goes to the parser.

        It is cut only where no CDATA, no comment and no tag of a record is open.
        """
        buffer, scanned, closer = "", 0, ""
        for text in self._text:
            buffer += text
            if closer and buffer.find(closer, scanned) < 0:
                scanned = len(buffer) - len(closer)
            elif closer or ">" in text:
                tokens, safe, closer = self._tokens(buffer)
                scanned = len(_CDATA)
                if safe:
                    piece, buffer = buffer[:safe], buffer[safe:]
                    copy = self._copied(piece, tokens)
                    yield piece, copy.data()
                    self._text.advance(safe, copy.place(safe))
            if len(buffer) > MOST_BUFFERED:
                raise FormatError(gettext_noop("A text in it is longer than 64 MB."))
        self._take_rest(buffer)

    def _tokens(self, buffer: str) -> tuple[list[re.Match], int, str]:
        """Return the buffer's tokens, where to cut it and what is open there."""
        tokens = list(self._tokens_in(buffer))
        if tokens and tokens[-1].lastindex in (_UNCLOSED, _UNCLOSED_COMMENT):
            unclosed = tokens.pop()
            closer = "]]>" if unclosed.lastindex == _UNCLOSED else "-->"
            return tokens, unclosed.start(), closer
        after = tokens[-1].end() if tokens else 0
        return tokens, max(after, buffer.rfind(">", after) + 1), ""

    def _copied(self, piece: str, tokens: list[re.Match]) -> "_Copy":
        """Note what opens and ends in the piece; return its copy for the parser."""
        copy = _Copy(piece, tokens, self._text, self.repairs)
        copy.has_begun = bool(self._root)
        copy.is_over = self._over_at is not None
        self._between += len(piece)
        for token in tokens:
            what = token.lastindex
            if what is None:
                if copy.is_suspect:
                    copy.keep(token)
            elif what == _COMMENT_END:
                copy.blank(token)
            elif what == _CLOSES:
                self._closes(token, copy)
            else:
                self._opens(token, copy)
        copy.finish()
        if self._between > MOST_BETWEEN and self._over_at is None:
            raise FormatError(gettext_noop("A record in it is longer than 256 MB."))
        return copy

    def _opens(self, token: re.Match, copy: "_Copy"):
        tag, end = token[_OPENS], token.end()
        name = self._names_of_tags.get(tag) or self._name(tag)
        if not name:
            if tag in ROOTS and not self._root:
                self._begin(token, copy)
            return
        if copy.piece.startswith("/>", end - 2):
            return
        place = None
        if self._may_open(name):
            place = self._opens_record(name, copy.place(token.start()))
            copy.insert(token.end(_OPENS), self._mark(place[1], token))
        self._open.append((name, place))
        if len(self._open) > MOST_DEPTH:
            # The outermost was never closed; the parser will stop for it.
            del self._open[0]

    def _may_open(self, name: str) -> bool:
        return not self._open or self._open[-1][0] not in self.shapes[name].never_in

    def _opens_record(self, name: str, start: int) -> list:
        self._between = 0
        self.opened[name] += 1
        place = self._places[str(start)] = [name, start, 0]
        return place

    def _mark(self, start: int, token: re.Match) -> str:
        mark = f' {MARK}="{start}"'
        if self._declarations and not self._open:
            declared = _DECLARES.findall(token[0])
            for prefix, declaration in self._declarations.items():
                mark += "" if prefix in declared else declaration
        return mark

    def _closes(self, token: re.Match, copy: "_Copy"):
        tag = token[_CLOSES]
        name = self._names_of_tags.get(tag) or self._name(tag)
        if not name and tag == self._root and not self._open and self._over_at is None:
            self._end(token, copy)
        if any(open_name == name for open_name, _ in self._open):
            last, place = self._open.pop()
            while last != name:
                # It was never closed; the parser stops for it.
                last, place = self._open.pop()
            if place is not None:
                self._closes_record(place, copy.place(token.end()))

    def _closes_record(self, place: list, end: int):
        self._between = 0
        place[2] = end
        if self.ends_early or self._over_at is not None:
            self._lost.append(str(place[1]))

    def _name(self, tag: str) -> str:
        """Return the name of the record that a tag of this name may begin, or ""."""
        name = self._names_of_tags.get(tag)
        if name is None:
            start, colon, name = tag.rpartition(":")
            shape = self.shapes.get(name)
            if shape is None or not re.fullmatch(shape.prefix, start + colon):
                name = ""
            if len(self._names_of_tags) < MOST_NAMES:
                self._names_of_tags[tag] = name
        return name

    def _begin(self, token: re.Match, copy: "_Copy"):
        """Declare in the root what may be used but is not declared."""
        self._root = token[_OPENS]
        declared = _DECLARES.findall(token[0])
        self._undeclared = [prefix for prefix in NAMESPACES if prefix not in declared]
        missing = (f' xmlns:{one}="{NAMESPACES[one]}"' for one in self._undeclared)
        copy.begin(token.start())
        copy.insert(token.end(_OPENS), "".join(missing))
        if token[0].endswith("/>"):
            self._end(token, copy)

    def _end(self, token: re.Match, copy: "_Copy"):
        copy.end(token.end())
        self._over_at = copy.place(token.end())

    def _take_rest(self, rest: str):
        """Look at what no tag follows; the parser only sees that the end is missing."""
        if self._over_at is not None:
            if rest.strip():
                self.repairs.note(LEFT_OUT, self._text.start)
            return
        names = "|".join(self.shapes)
        tag = re.search(rf"<((?:[\w.-]+:)?(?:{names}))\s[^<>]*\Z", rest)
        name = self._name(tag[1]) if tag and not rest.startswith("<!") else ""
        if name and self._may_open(name):
            self._opens_record(name, self._text.places(rest)(tag.start()))


class _Copy:
    """A piece of text on its way to the parser; copied in parts only where it changes.

    Places are given in ascending order.
    """

    def __init__(self, piece: str, tokens: list, text: "_Text", repairs: Repairs):
        self.piece, self.text, self.repairs = piece, text, repairs
        # Tags are asked for before what stands before them is repaired.
        self.place, self._place_of_repairs = text.places(piece), text.places(piece)
        self.is_suspect = _is_suspect(piece, tokens)
        self.has_begun = self.is_over = False
        self._out: list[str] = []
        self._position = 0

    def insert(self, end: int, text: str):
        """Copy up to there and add something."""
        self._copy(end)
        if not self.is_over:
            self._out.append(text)

    def keep(self, token: re.Match):
        """Copy CDATA as it is."""
        self._copy(token.start())
        self._position = token.end()
        self._add(token[0])

    def blank(self, token: re.Match):
        """Leave out a comment, which may be malformed, but not its lines."""
        self._copy(token.start())
        self._position = token.end()
        self._add(_lines(token[0]))

    def begin(self, start: int):
        """Leave out what stands before the root but its lines."""
        self._copy(start)
        self._out = [_without_entities("".join(self._out))]
        self.has_begun = True

    def end(self, end: int):
        """Leave out all that follows."""
        self._copy(end)
        self.is_over = True

    def data(self) -> bytes:
        """Return the whole copy, without characters that XML forbids."""
        text = "".join(self._out)
        if not self.has_begun:
            text = _without_entities(text)
        data = text.encode()
        # As the bytes that are left when all others are dropped: far faster than by
        # looking at each character.
        is_control = data.translate(None, _NOT_CONTROL)
        if not is_control and "\ufffe" not in text and "\uffff" not in text:
            return data
        place = self.text.places(self.piece)
        for match in _FORBIDDEN.finditer(self.piece):
            what = f"character U+{ord(match[0]):04X}, forbidden in XML, replaced"
            self.repairs.note(what, place, match.start())
        return _FORBIDDEN.sub(REPLACEMENT, text).encode()

    def finish(self):
        self._copy(len(self.piece))

    def _add(self, text: str):
        if not self.is_over:
            self._out.append(text)

    def _copy(self, end: int):
        start, self._position = self._position, end
        text = self.piece[start:end]
        if self.is_over:
            if text.strip():
                self.repairs.note(LEFT_OUT, self._place_of_repairs, start)
            return
        if self.is_suspect and self.has_begun:
            text = _REPAIRABLE.sub(lambda match: self._repair(match, start), text)
        self._out.append(text)

    def _repair(self, match: re.Match, offset: int) -> str:
        what, text = _repair(match)
        if what:
            self.repairs.note(what, self._place_of_repairs, offset + match.start())
        return text


def _repair(match: re.Match) -> tuple[str, str]:
    """Return what is wrong with a reference or the like, or "", and the sound text."""
    whole = match[0]
    if not whole.startswith("&"):
        return f"bare {whole} escaped", whole.replace("<", "&lt;").replace(">", "&gt;")
    if match["high"]:
        return _joined_pair(_code(match["high"]), _code(match["low"]), whole)
    if match["number"]:
        code = _code(match["number"])
        if code > 0x10FFFF or _FORBIDDEN.match(chr(code)):
            return REFERENCE_REPLACED, REPLACEMENT
        return "", whole
    name = match["name"]
    if name in _XML_ENTITIES:
        return "", whole
    if name in html5:
        text = "".join(f"&#{ord(character)};" for character in html5[name])
        return ENTITY_WRITTEN, text
    return AMPERSAND_ESCAPED, "&amp;" + whole[1:]


def _joined_pair(high: int, low: int, whole: str) -> tuple[str, str]:
    """Join two references to halves of one character; leave others as they are."""
    if 0xD800 <= high < 0xDC00 <= low < 0xE000:
        return "", f"&#{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)};"
    texts = [
        f"&#{code};" if not _FORBIDDEN.match(chr(code)) else REPLACEMENT
        for code in (high, low)
    ]
    is_sound = REPLACEMENT not in texts
    what = "" if is_sound else REFERENCE_REPLACED
    return what, whole if is_sound else "".join(texts)


def _code(number: str) -> int:
    return int(number[1:], 16) if number.startswith("x") else int(number)


def _without_entities(prolog: str) -> str:
    """Return the lines of what stands before the root: no word of it is needed."""
    if "<!ENTITY" in prolog:
        raise FormatError(
            gettext_noop("The file declares entities, which no export does."), 1
        )
    return _lines(prolog)


def _lines(text: str) -> str:
    return "\n" * text.count("\n")


def _is_suspect(piece: str, tokens: list[re.Match]) -> bool:
    """Tell whether something outside of CDATA may have to be repaired."""
    sections = [token.lastindex for token in tokens].count(None)
    if piece.count("]]>") > sections or "<!DOCTYPE" in piece:
        return True
    position = 0
    while match := _SUSPECT.search(piece, position):
        opened = piece.rfind(_CDATA, position, match.start())
        position = piece.find("]]>", opened) if opened >= 0 else -1
        if position < match.start():
            return True
    return False


def _drop(element: etree._Element):
    """Take an element out of the tree, and what stood before it unless in a record."""
    parent = element.getparent()
    if parent is None:
        return
    if parent.get(MARK) is None:
        before = element.getprevious()
        while before is not None:
            parent.remove(before)
            before = element.getprevious()
    # Text that follows the element belongs to nobody here.
    parent.remove(element)


class _Text:
    """A file's text from where its XML begins, in chunks.

    Places in it are known in bytes of the file: `start` is that of the next piece.
    """

    def __init__(self, file: BinaryIO, repairs: Repairs):
        self.file, self.repairs = file, repairs
        self.lines_before = 0
        self.head = ""
        self.start = 0
        self._characters = 0

    @property
    def size(self) -> int:
        return self._decoder.bytes

    def __iter__(self) -> Iterator[str]:
        texts = self._decoded()
        text = next(texts)
        while not (start := _START.search(text)) and len(text) <= MOST_BEFORE:
            more = next(texts, None)
            if more is None:
                break
            text += more
        if start is None:
            raise FormatError(
                gettext_noop("There is no XML of a known kind in the file."), 1
            )
        before = text[: start.start()]
        self.head = text[start.start() : start.start() + HEAD]
        if before.strip("\ufeff \t\r\n"):
            self.repairs.note(LEFT_OUT_BEFORE, 0)
        self.lines_before = before.count("\n")
        self.advance(start.start(), self.places(text)(start.start()))
        yield text[start.start() :]
        yield from texts

    def places(self, text: str) -> Callable[[int], int]:
        """Return what tells the places in the next piece, in ascending order."""
        if self._decoder.is_one_byte_each(text):
            return self.start.__add__
        return _Places(text, self.start, self._characters, self._decoder)

    def advance(self, characters: int, start: int):
        self._characters += characters
        self.start = start
        self._decoder.forget(self._characters)

    def _decoded(self) -> Iterator[str]:
        data = self.file.read(CHUNK)
        self._decoder = _Decoder(encoding_of(data), self.repairs)
        while data:
            yield self._decoder(data)
            data = self.file.read(CHUNK)
        yield self._decoder(b"", is_last=True)


class _Places:
    """Where characters of a text stand in the file, in bytes, in ascending order."""

    def __init__(self, text: str, start: int, characters: int, decoder: "_Decoder"):
        self.text, self.decoder = text, decoder
        self.characters = characters
        self.index, self.byte = 0, start

    def __call__(self, index: int) -> int:
        decoder = self.decoder
        if decoder.anchors:
            self._leap(index)
        part = self.text[self.index : index]
        self.index = index
        if part.isascii() and decoder.is_ascii_one_byte:
            self.byte += len(part)
        else:
            self.byte += len(part.encode(decoder.encoding, "replace"))
        return self.byte

    def _leap(self, index: int):
        """Go on from the last anchor before it, if that is farther."""
        anchors = self.decoder.anchors
        number = bisect_right(anchors, (self.characters + index, self.decoder.bytes))
        if number and anchors[number - 1][0] - self.characters > self.index:
            self.index = anchors[number - 1][0] - self.characters
            self.byte = anchors[number - 1][1]


class _Mended(threading.local):
    runs: list[tuple[int, int, bytes]] = []


_mended = _Mended()


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    _mended.runs.append((error.start, error.end, error.object))
    run = error.object[error.start : error.end]
    return run.decode("cp1252", "replace"), error.end


codecs.register_error("newsroom.windows-1252", _as_windows)


class _Decoder:
    """Bytes to text; runs that the encoding does not know are read as Windows-1252.

    `anchors` are characters, counted from the file's start, whose byte is known: all
    that is needed where a text cannot be encoded again to count its bytes.
    """

    def __init__(self, encoding: str, repairs: Repairs):
        self.encoding, self.repairs = encoding, repairs
        self.is_one_byte = _ONE_BYTE.match(encoding) is not None
        self.is_ascii_one_byte = not encoding.startswith("utf-16")
        # In other encodings a text may be written in several ways.
        self.is_other = not self.is_one_byte and not encoding.startswith("utf-")
        self.bytes = self.characters = 0
        self.anchors: list[tuple[int, int]] = []
        self._decoder = codecs.getincrementaldecoder(encoding)("newsroom.windows-1252")

    def __call__(self, data: bytes, is_last: bool = False) -> str:
        if not self.is_other:
            return self._decode(data, is_last)
        first, *parts = data.split(b"<")
        texts = [self._decode(first, is_last and not parts)]
        for part in parts:
            if not self._decoder.getstate()[0]:
                self.anchors.append((self.characters, self.bytes))
            texts.append(self._decode(b"<" + part, is_last=False))
        return "".join(texts)

    def _decode(self, data: bytes, is_last: bool) -> str:
        start = self.bytes - len(self._decoder.getstate()[0])
        _mended.runs = []
        text = self._decoder.decode(data, is_last)
        position, characters = 0, self.characters
        for begin, end, whole in _mended.runs:
            what = f"bytes that are no {self.encoding} read as Windows-1252"
            self.repairs.note(what, start + begin)
            sound = whole[position:begin].decode(self.encoding, "replace")
            characters += len(sound) + end - begin
            position = end
            if not self.is_one_byte:
                self.anchors.append((characters, start + end))
        self.characters += len(text)
        self.bytes += len(data)
        return text

    def is_one_byte_each(self, text: str) -> bool:
        """Tell whether each character of a text without anchors is a byte."""
        if self.is_one_byte:
            return True
        return self.is_ascii_one_byte and text.isascii() and not self.anchors

    def forget(self, characters: int):
        """Forget the anchors up to a character that is passed by."""
        del self.anchors[: bisect_right(self.anchors, (characters, -1))]


def encoding_of(head: bytes) -> str:
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
        name = codecs.lookup(name).name
        # A declaration that could be read as ASCII is not in UTF-16 itself.
        is_usable = name not in _NO_ENCODINGS and "<".encode(name) == b"<"
    except (LookupError, UnicodeError):
        is_usable = False
    return name if is_usable else "utf-8"


# Made up of other elements, never of text and tags.
_STRUCTURES = {"author", "commentmeta", "postmeta", "termmeta"}


class _Names(dict):
    """Local names by the parser's names; what an excerpt holds is named so."""

    def __missing__(self, tag: str) -> str:
        name = tag.rpartition("}")[2].rpartition(":")[2]
        if "excerpt" in tag and name == "encoded":
            name = "excerpt"
        if len(self) < MOST_NAMES:
            self[tag] = name
        return name


NAMES = _Names()


def texts_of(element: etree._Element) -> tuple[dict[str, str], list[etree._Element]]:
    """Return the texts of an element's children by local name, the first of each.

    Text with tags in it is given as it was written. Children without a text of their
    own are returned beside: references, and those made up of other elements.
    """
    texts: dict[str, str] = {}
    parts = []
    for child in element:
        text = child.text
        if len(child):
            if child.get(MARK) is None:
                parts.append(child)
                _read_part(child, texts)
        elif text is None:
            parts.append(child)
            texts.setdefault(NAMES[child.tag], "")
        else:
            texts.setdefault(NAMES[child.tag], text)
    return texts, parts


def _read_part(element: etree._Element, texts: dict[str, str]):
    if any(map(len, element)):
        _check_depth(element)
    name = NAMES[element.tag]
    if name not in _STRUCTURES and _is_mixed(element):
        texts.setdefault(name, _markup_of(element))


def _is_mixed(element: etree._Element) -> bool:
    texts = (element.text, *(child.tail for child in element))
    return any(text and not text.isspace() for text in texts)


def _markup_of(element: etree._Element) -> str:
    """Return what is in an element as it was written, after the repairs."""
    parts = [escape(element.text or "", quote=False)]
    parts += (etree.tostring(child, encoding="unicode") for child in element)
    return _DECLARATIONS.sub("", "".join(parts))


def _check_depth(element: etree._Element):
    level, depth = [element], 0
    while level := [child for one in level if len(one) for child in one]:
        depth += 1
        if depth > MOST_DEPTH:
            raise FormatError(f"Elements in it are more than {MOST_DEPTH} deep.")


def is_web_address(text: str) -> bool:
    return _WEB_ADDRESS.match(text) is not None


def may_be_encoded_twice(*texts: str) -> str:
    """Return a doubt about texts that look like UTF-8 that was read as Windows-1252.

    Only a suggestion: nobody but a reader can be sure, so nothing is rewritten.
    """
    for text in texts:
        if text.isascii() or not any(lead in text for lead in _LEADS):
            continue
        if any(map(_is_utf_8, _TWICE.findall(text))):
            return gettext_noop("Its text may have been encoded twice")
    return ""


def _is_utf_8(run: str) -> bool:
    try:
        return run.encode("cp1252").decode() != run
    except UnicodeError:
        return False
