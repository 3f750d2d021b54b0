"""What may stand in the query string of the site's own pages, and what forms offer."""

from collections.abc import Iterable
from html import escape

from django import forms
from django.utils.safestring import SafeString


class PageForm(forms.Form):
    """Which page of a list: what comes after the story or name with this key."""

    after = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)


class LetterForm(forms.Form):
    """Which names of an alphabet: those that start with this letter."""

    letter = forms.CharField(max_length=1, required=False)


def options_html(choices: Iterable[tuple[str, str]], chosen: str | None) -> SafeString:
    """Return the options of a select. Django would take a template for each."""
    return SafeString(
        "".join(
            f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
            f"{escape(str(label))}</option>"
            for value, label in choices
        )
    )
