"""The fields of the search's form, ready for its page."""

from collections.abc import Iterable
from typing import NamedTuple

from django import forms
from django.forms.boundfield import BoundField


class Option(NamedTuple):
    value: str
    label: str
    is_chosen: bool


class Input(NamedTuple):
    """A field with what was asked in it. `refused` is Django's own, where it is wrong.

    Its widgets are rendered from a template each, which for all of a form takes as long
    as to find the hits.
    """

    name: str
    label: str
    type: str
    value: str | bool
    max_length: int | None
    options: list[Option]
    refused: BoundField | None


def inputs_of(form: forms.Form, names: Iterable[str]) -> list[Input]:
    """Return these fields of a form, in this order."""
    return [_input(form, name) for name in names]


def _input(form: forms.Form, name: str) -> Input:
    field, value = form.fields[name], form.data.get(name, "")
    kind = getattr(field.widget, "input_type", "select")
    if kind == "checkbox":
        value = form.cleaned_data.get(name)
    options = [
        Option(choice, label, choice == value)
        for choice, label in getattr(field, "choices", ())
    ]
    return Input(
        name,
        field.label,
        kind,
        value,
        getattr(field, "max_length", None),
        options,
        form[name] if name in form.errors else None,
    )
