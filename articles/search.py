"""What makes stories and comments findable: the expression of their search columns."""

from django.contrib.postgres.search import SearchVector
from django.db.models import Func, TextField, Value
from django.db.models.functions import Left, Replace

# PostgreSQL refuses a tsvector over 1 MB, and with it the row. The worst text found,
# hyphenated words of four-byte characters, takes 16 bytes a character, stemmed and
# unstemmed together; so no text can be refused for its first 60,000.
SEARCHABLE_LENGTH = 60_000
SHORT_TEXT_LENGTH = 2_000

# Words on both sides of a slash, as in “ferry/boat”, PostgreSQL takes for one, the name
# of a file. A space of no width behind the slash parts them.
SLASH, PARTING_SLASH = "/", "/\u200b"

# The stemmers that PostgreSQL ships, by ISO 639-1 code of their language.
STEMMERS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}


class LanguageCode(Func):
    """The language of the tag in a column, without its region: pt of pt-BR."""

    output_field = TextField()
    template = "split_part(%(expressions)s, '-', 1)"


class Stemmer(Func):
    """The text-search configuration for the language tag in a column.

    Literal regconfig constants keep it immutable, as a generated column must be; a
    cast from text is not. The column follows by itself when the language is corrected.
    """

    output_field = TextField()
    template = "CASE split_part(%(expressions)s, '-', 1) {} ELSE {} END".format(
        " ".join(
            f"WHEN '{code}' THEN 'pg_catalog.{name}'::regconfig"
            for code, name in STEMMERS.items()
        ),
        "'pg_catalog.simple'::regconfig",
    )


def parted(text: str) -> str:
    """Return words to seek as `search_document` reads them."""
    return text.replace(SLASH, PARTING_SLASH)


class Parted(Replace):
    """A text or HTML with words on both sides of a slash parted, and its tags whole."""

    def __init__(self, text):
        parted = Replace(text, Value(SLASH), Value(PARTING_SLASH))
        ends = Replace(parted, Value(f"<{PARTING_SLASH}"), Value(f"<{SLASH}"))
        super().__init__(ends, Value(f"{PARTING_SLASH}>"), Value(f"{SLASH}>"))


def search_document(**weights: str) -> SearchVector:
    """Return the search column's expression for text columns and their weights.

    Each text is stemmed by the row's own `language` at its weight (A to D), and kept
    unstemmed at weight D beside it, so that names are found as they were written. The
    last column is the long text, which may be HTML; those before it are short.
    """
    *short, long = weights
    lengths = dict.fromkeys(short, SHORT_TEXT_LENGTH)
    lengths[long] = SEARCHABLE_LENGTH - sum(lengths.values())
    document = None
    for column, weight in weights.items():
        text = Parted(Left(column, lengths[column]))
        stemmed = SearchVector(text, config=Stemmer("language"), weight=weight)
        vector = stemmed + SearchVector(text, config="simple", weight="D")
        document = document + vector if document else vector
    return document
