"""The list of all stories; sections, topics and authors, and what is filed there."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from articles.models import Article, Author, Section, Topic
from newsroom.forms import LetterForm
from newsroom.lists.filters import ArticleFilter
from newsroom.lists.pages import page_of_names, page_of_stories


@require_safe
def article_list(request):
    """Show all stories, or those that the filters in the address leave."""
    chosen = request.GET.copy()
    for name in [name for name, value in chosen.items() if not value]:
        del chosen[name]
    if chosen != request.GET:
        # A form sends what was left open, too; each page has one address.
        return redirect(
            f"{request.path}?{chosen.urlencode()}" if chosen else "article-list"
        )
    filters = ArticleFilter(request.GET, Article.objects.published(), request=request)
    is_valid = filters.is_valid()
    page = page_of_stories(request, filters.qs) if is_valid else None
    return render(
        request,
        "lists/article_list.html",
        {"filters": filters, "page": page},
        status=200 if is_valid else 404,
    )


@require_safe
def section_list(request):
    page = page_of_names(request, Section.objects.all())
    return render(request, "lists/section_list.html", {"page": page})


@require_safe
def topic_list(request):
    return _alphabet(request, Topic.objects.all(), "lists/topic_list.html")


@require_safe
def author_list(request):
    return _alphabet(request, Author.objects.all(), "lists/author_list.html")


@require_safe
def section_detail(request, slug):
    return _filed_under(request, Section, slug, "lists/section_detail.html")


@require_safe
def topic_detail(request, slug):
    return _filed_under(request, Topic, slug, "lists/topic_detail.html")


@require_safe
def author_detail(request, slug):
    return _filed_under(request, Author, slug, "lists/author_detail.html")


def _alphabet(request, names, template):
    """Show names by their first letters, or those of one letter."""
    form = LetterForm(request.GET)
    if not form.is_valid():
        raise Http404(form.errors.as_text())
    letter = form.cleaned_data["letter"].lower()
    letters = names.with_stories().first_letters()
    page = page_of_names(request, names.starting_with(letter) if letter else names)
    context = {"page": page, "letters": letters, "letter": letter}
    return render(request, template, context)


def _filed_under(request, model, slug, template):
    """Show the stories of a name; one without any is as if it were not there."""
    name = get_object_or_404(model.objects.with_stories(), slug=slug)
    page = page_of_stories(request, Article.objects.published().filed_under(name))
    return render(request, template, {"name": name, "page": page})
