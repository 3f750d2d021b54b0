"""What templates say of the language that something is written in."""

from django import template
from django.utils.html import format_html

from articles.languages import direction

register = template.Library()


@register.filter("direction")
def direction_attribute(tag):
    """Return the attribute with the direction of this language, if that is known."""
    return format_html(' dir="{}"', direction(tag)) if direction(tag) else ""


@register.filter
def direction_or_auto(tag):
    """Return which way an entry of this language runs; else its first words tell."""
    return direction(tag) or "auto"
