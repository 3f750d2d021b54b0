"""What is the same on every page."""

from django import template
from django.urls import get_script_prefix
from django.utils.translation import get_language

register = template.Library()


@register.tag
def once(parser, token):
    """Render what stands inside once in a process, and repeat it from then on.

    It knows nothing of the page: words in the language of the site, and addresses of
    files and of pages that there is one of.
    """
    nodes = parser.parse(["endonce"])
    parser.delete_first_token()
    return OnceNode(nodes)


class OnceNode(template.Node):
    def __init__(self, nodelist):
        self.nodelist = nodelist
        self.rendered = {}

    def render(self, context):
        # Where the site is mounted is known by a request alone.
        key = get_language(), get_script_prefix()
        if key not in self.rendered:
            self.rendered[key] = self.nodelist.render(context.new())
        return self.rendered[key]
