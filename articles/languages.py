"""Language tags, as readers' browsers and screen readers understand them."""

from functools import lru_cache

from django.core.validators import RegexValidator
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

# The shape of BCP 47: subtags of letters and digits, the first of letters; or nothing.
LANGUAGE_TAG = r"^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$"

validate_language = RegexValidator(
    LANGUAGE_TAG, _("A language is a tag such as en or pt-BR.")
)


def language_name(tag: str) -> str:
    """Return a language's name in the site's language, or its tag for want of one."""
    try:
        return get_language_info(tag.lower())["name_translated"]
    except KeyError:
        return tag


@lru_cache(maxsize=1_000)
def direction(tag: str) -> str:
    """Return “rtl” or “ltr” for a language that is known, else “”."""
    try:
        return "rtl" if get_language_info(tag.lower())["bidi"] else "ltr"
    except KeyError:
        return ""
