"""What templates ask for about threads."""

from django import template

from comments.rendering import (
    comments_in_words,
    removal_in_words,
    replies_in_words,
    thread_html,
)
from comments.threads import page_address

register = template.Library()

register.simple_tag(thread_html, name="thread")
register.filter("comments", comments_in_words)
register.filter("replies", replies_in_words)
register.filter("removal", removal_in_words)


@register.filter
def address_in(opening, discussion):
    """Return where a branch begins in its discussion."""
    return page_address(discussion, start=opening.number) + f"#comment-{opening.pk}"
