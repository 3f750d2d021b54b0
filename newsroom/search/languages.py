"""The languages that stories and public comments are written in."""

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.utils.translation import gettext

from articles.search import STEMMERS

UNSTEMMED = "simple"


def stemmers(codes: list[str]) -> list[str]:
    """Return how words are to be read to be found in texts of these languages."""
    site = settings.LANGUAGE_CODE.partition("-")[0]
    found = [STEMMERS[code] for code in (site, *codes) if code in STEMMERS]
    return [*dict.fromkeys([*found, UNSTEMMED])]


def name_of(code: str) -> str:
    """Return a language's name in the interface's language, or its code."""
    info = LANG_INFO.get(code, {})
    return gettext(info["name"]) if "name" in info else code
