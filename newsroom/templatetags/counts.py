"""Numbers of things in words. In lists, these cost a tenth of `blocktranslate`."""

from django import template
from django.utils.translation import ngettext

from comments.rendering import comments_in_words, grouped

register = template.Library()


register.filter("comments", comments_in_words)
register.filter(grouped)


@register.filter
def stories(number):
    words = ngettext("%(count)s story", "%(count)s stories", number)
    return words % {"count": grouped(number)}
