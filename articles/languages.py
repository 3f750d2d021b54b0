"""Language tags, as readers' browsers and screen readers understand them."""

from django.core.validators import RegexValidator

# The shape of BCP 47: subtags of letters and digits, the first of letters; or nothing.
LANGUAGE_TAG = r"^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$"

validate_language = RegexValidator(
    LANGUAGE_TAG, "A language is a tag such as en or pt-BR."
)
