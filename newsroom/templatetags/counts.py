"""Numbers of things in words. In lists, these cost a tenth of `blocktranslate`."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def comments(number):
    words = ngettext("%(count)s comment", "%(count)s comments", number)
    return words % {"count": _grouped(number)}


@register.filter
def stories(number):
    words = ngettext("%(count)s story", "%(count)s stories", number)
    return words % {"count": _grouped(number)}


def _grouped(number):
    # Most have nothing to group, and to find that out costs as much as the words.
    return number if number < 1000 else number_format(number, force_grouping=True)
