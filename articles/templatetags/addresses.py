"""The tag `url` for pages without a word of their own, or with one slug or key.

At a tenth of its cost.
"""

from django import template

from articles.addresses import address, address_of

register = template.Library()
register.filter(address)
register.filter(address_of)
