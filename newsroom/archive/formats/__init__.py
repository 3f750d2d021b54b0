"""The formats that can be taken in, one module each.

A format module knows its files and nothing of the database. It has

- a `NAME`, and a `LABEL` that says how a story came, in English;
- `STORIES_NEED_COMMENTS`: whether a story without a comment is none, as in a format
  whose stories are only the places where comments stood;
- `recognises(head)`, which looks at the first bytes of a file;
- `read(file)`, which yields `newsroom.archive.records.Found` in the order of the file,
  first a SourceRecord and last a Condition, and raises `FormatError` when the file
  cannot be taken in.

A record is yielded once for each place in the file where one begins, and a Condition
counts these places, so that the two sums can be compared: what cannot be used is
yielded as Unreadable, and nothing is made up. To add a format, write such a module and
name it here.
"""

from typing import BinaryIO

from django.utils.translation import gettext_noop

from newsroom.archive.formats import capture, disqus, jsonl, wxr
from newsroom.archive.records import FormatError

# Asked in this order: a capture is whatever text the others do not claim.
FORMATS = {module.NAME: module for module in (jsonl, wxr, disqus, capture)}

HEAD_LENGTH = 4096


def recognise(file: BinaryIO) -> str:
    """Return the name of the file's format by its content, never by its name."""
    head = file.read(HEAD_LENGTH)
    file.seek(0)
    if not head.strip():
        raise FormatError(gettext_noop("The file is empty."))
    for name, module in FORMATS.items():
        if module.recognises(head):
            return name
    raise FormatError(
        gettext_noop(
            "The format was not recognised. It is none of: %(formats)s. If it is one, "
            "name it with --format."
        ),
        formats=", ".join(FORMATS),
    )
