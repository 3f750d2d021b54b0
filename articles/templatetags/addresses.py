"""The tag `url` for pages of one slug or key, at a tenth of its cost."""

from django import template

from articles.addresses import address_of

register = template.Library()
register.filter(address_of)
