"""The search: a form, and a page of what it found."""

from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from newsroom.search import facets, languages, words
from newsroom.search.filters import SearchFilters
from newsroom.search.finding import Found, Search, TooBroad, bounded
from newsroom.search.forms import place_of
from newsroom.search.inputs import fields_html
from newsroom.search.offered import offered
from newsroom.search.rendering import hits_html
from newsroom.search.results import results_of
from newsroom.search.suggesting import Suggestions, authors_called


@require_safe
@cache_control(public=True, max_age=60)
def search(request):
    """Show the stories and comments that have some words, or a form to ask for them."""
    choices = offered()
    filters = SearchFilters(request.GET, choices)
    page = {"filters": filters, "form": filters.form, "status": 200}
    is_valid = filters.is_valid()
    page["used"] = facets.in_use(filters)
    if not is_valid:
        page["status"] = 400
    elif filters.form.cleaned_data["q"]:
        try:
            with bounded():
                configs = languages.stemmers(choices.languages)
                page |= _found(filters, configs, is_narrowed=bool(page["used"]))
        except TooBroad:
            page |= {"is_too_broad": True, "status": 503}
    page["fields"] = {
        part: fields_html(filters.form, names)
        for part, names in (
            ("words", ["q"]),
            ("listing", ["kind", "order"]),
            ("facets", facets.FIELDS),
        )
    }
    response = render(request, "search/search.html", page, status=page["status"])
    # What purges lists from a cache in front of the site purges snippets, too.
    response["Surrogate-Key"] = "lists"
    return response


def _found(filters, configs, *, is_narrowed: bool):
    """Return what a page shows: the hits, or what may help if there are none."""
    asked = filters.form.cleaned_data
    query = words.compiled(asked["q"], configs)
    hunt = Search(query.text, filters, asked["order"], asked["kind"])
    found = hunt.page(asked["after"])
    page = {"found": found, "hits": hits_html(results_of(found.hits, query))}
    if not asked["after"] and not is_narrowed:
        page["authors"] = authors_called(asked["q"])
    if found.total == 0:
        suggestions = Suggestions(filters, configs)
        return page | {"suggestions": suggestions.all()}
    return page | _links(filters, found)


def _links(filters, found: Found):
    """Return where a page leads: to the next one, the rest, and to fewer hits."""
    links = {"narrowing": facets.narrowing(filters, found.every) if found.every else []}
    if found.has_more:
        place = place_of(found.hits[-1])
        links["next"] = facets.address_with(filters.data, after=place)
    elif found.rest_after:
        place = place_of(found.rest_after)
        links["rest"] = facets.address_with(filters.data, order="newest", after=place)
    return links
