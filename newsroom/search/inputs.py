"""The HTML of the fields of the search's form.

Django renders each widget from a template of its own, which for all of a form takes as
long as to find the hits; so what is right is written by hand, and what is wrong by it.
"""

from collections.abc import Iterable
from html import escape

from django import forms
from django.utils.safestring import SafeString

from newsroom.forms import options_html


def fields_html(form: forms.Form, names: Iterable[str]) -> SafeString:
    """Return these fields of a form, in this order, with what was asked in them."""
    return SafeString("".join(_field(form, name) for name in names))


def _field(form: forms.Form, name: str) -> str:
    field = form.fields[name]
    place = f'name="{name}" id="id_{name}"'
    if name in form.errors:
        entry = f"{form[name]}{form[name].errors}"
    elif isinstance(field, forms.ChoiceField):
        options = options_html(field.choices, form.data.get(name, ""))
        entry = f"<select {place}>{options}</select>"
    elif isinstance(field, forms.BooleanField):
        checked = " checked" if form.cleaned_data.get(name) else ""
        entry = f'<input type="checkbox" {place}{checked}>'
    else:
        entry = _text(field, place, form.data.get(name, ""))
    label = f'<label for="id_{name}">{escape(str(field.label))}</label>'
    return f'<div class="search__field">{label} {entry}</div>\n'


def _text(field: forms.CharField, place: str, value: str) -> str:
    kind = field.widget.input_type
    hint = ' enterkeyhint="search"' if kind == "search" else ""
    asked = f' value="{escape(value)}"' if value else ""
    most = f' maxlength="{field.max_length}"' if field.max_length else ""
    return f'<input type="{kind}"{hint} {place}{asked}{most}>'
