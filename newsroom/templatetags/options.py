"""The options of a select: of the field's choices, the chosen one marked."""

from django import template

from newsroom.forms import options_html

register = template.Library()
register.filter("options", options_html)
