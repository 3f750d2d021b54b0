"""What imports wrote down in English, in the language of the site.

Sentences are marked with `gettext_noop` where they are written. One with a name or a
number in it, or one of two that were joined, is not found again and stays in English.
"""

import re

from django.utils.translation import gettext, gettext_noop

from newsroom.archive.records import at_line

# Said by the database or only by their stored values.
MORE_WORDS = [
    gettext_noop("as it is here"),
    gettext_noop("as its record says"),
    gettext_noop("term"),
    gettext_noop("attachment"),
    gettext_noop("other"),
]

_AT_LINE = re.compile(r"line (\d+): (.+)", re.DOTALL)
# “Stored, hidden, comment: as its record says”; there are commas in outcomes.
_COUNTED = re.compile(r"([^:]+), (\w+): (.+)", re.DOTALL)


def told(text: str) -> str:
    """Translate a sentence that may begin with the line it is about."""
    match = _AT_LINE.fullmatch(text)
    return at_line(match[1], gettext(match[2])) if match else gettext(text)


def told_of_records(text: str) -> str:
    """Translate a reason that is counted with what became of which kind of record."""
    match = _COUNTED.fullmatch(text)
    if match is None:
        return gettext(text)
    outcome, kind, reason = map(gettext, match.groups())
    words = {"outcome": outcome, "kind": kind, "reason": reason}
    return gettext("%(outcome)s, %(kind)s: %(reason)s") % words
