"""Long lists, page by page: each page starts after the key that its address names."""

from dataclasses import dataclass

from django.db.models import F
from django.http import Http404

from articles.models import Article
from newsroom.forms import PageForm

STORIES_ON_PAGE = 20
NAMES_ON_PAGE = 200


@dataclass
class Page:
    """What stands on a page, and the key after which the next one starts, if any.

    `first_address` is where the list begins.
    """

    items: list
    next_after: int | None
    is_first: bool
    first_address: str


def titles(stories):
    """Return these stories with what a list of titles shows, comments counted."""
    return stories.as_listed().annotate(comment_count=F("discussion__comment_count"))


def page_of_stories(request, stories, size=STORIES_ON_PAGE):
    """Return a page of these stories, newest first, with bylines. One query."""
    stories = titles(_following(request, stories)).with_byline_authors()
    return _page(request, stories, size)


def page_of_titles(request, stories, size):
    """Return a page of these stories, newest first. One query."""
    return _page(request, titles(_following(request, stories)), size)


def page_of_names(request, names):
    """Return a page of sections, topics or authors, each with its number of stories.

    Only those that have any. Two queries; one more after the first page.
    """
    names = names.with_stories()
    after = _key_of(request)
    if after:
        names = names.after(after)
    page = _page(request, names.in_order(), NAMES_ON_PAGE)
    counts = Article.objects.published().counted_by_name(page.items)
    for name in page.items:
        name.story_count = counts.get(name.pk, 0)
    return page


def address_without(request, *names):
    """Return the address of this page without these parameters."""
    rest = request.GET.copy()
    for name in names:
        rest.pop(name, None)
    return f"{request.path}?{rest.urlencode()}" if rest else request.path


def _following(request, stories):
    after = _key_of(request)
    stories = stories.listed_after(after) if after else stories
    return stories.newest_first()


def _key_of(request):
    """Return the key that a page's address names, or None for the first page."""
    form = PageForm(request.GET)
    if not form.is_valid():
        raise Http404(form.errors.as_text())
    return form.cleaned_data["after"]


def _page(request, rows, size):
    """Return a page; only the first may be empty, for no link leads to another."""
    is_first = not request.GET.get("after")
    items = list(rows[: size + 1])
    if not items and not is_first:
        raise Http404("Nothing on this list comes after such a key.")
    has_more = len(items) > size
    del items[size:]
    return Page(
        items=items,
        next_after=items[-1].pk if has_more else None,
        is_first=is_first,
        first_address=address_without(request, "after"),
    )
