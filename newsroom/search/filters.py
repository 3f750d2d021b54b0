"""What narrows a search: where a text stands, and what is known about it."""

from copy import copy

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from articles.models import BEFORE_ALL, Article, Author, Section, Topic
from comments.models import Comment
from newsroom.archive.models import Record, Source, SourceState
from newsroom.search import languages
from newsroom.search.forms import NamedField, PeriodField, SearchForm, StoryField


def in_use(model, field):
    """Return those of a model that a story which readers may see belongs to."""
    stories = Article.objects.published().filter(**{field: OuterRef("pk")})
    return model.objects.filter(Exists(stories))


def known_sources():
    """Return keys and names of the files that gave something to read."""
    gave = Q()
    for kind in ("article", "comment"):
        for outcome in ("public", "linked"):
            gave |= Q(**{f"ledger__{kind}__{outcome}__gt": 0})
    states = [SourceState.DONE, SourceState.TRUNCATED]
    sources = Source.objects.filter(gave, state__in=states)
    return [(str(pk), name) for pk, name in sources.values_list("pk", "name")]


class NamedFilter(filters.Filter):
    field_class = NamedField


class StoryFilter(filters.Filter):
    field_class = StoryField


class PeriodFilter(filters.Filter):
    field_class = PeriodField


class FlagFilter(filters.Filter):
    field_class = forms.BooleanField


class SearchFilters(filters.FilterSet):
    """The facets of a search, for stories and comments alike.

    Some say which stories are meant, and comments by the story that they are below; the
    others are about the text itself, and look for its `listed_at`.
    """

    story = StoryFilter(label=_("Story"), method="of_story", widget=forms.HiddenInput)
    section = filters.ChoiceFilter(
        label=_("Section"), field_name="section__slug", empty_label=_("any")
    )
    topic = NamedFilter(
        label=_("Topic"),
        field_name="topics",
        queryset=in_use(Topic, "topics"),
        unknown=_("There is no topic “%(name)s”."),
    )
    author = NamedFilter(
        label=_("Author of the story"),
        field_name="authors",
        queryset=in_use(Author, "authors"),
        unknown=_("Nobody called “%(name)s” has written a story here."),
    )
    since = PeriodFilter(label=_("From"), method="from_its_first_day")
    until = PeriodFilter(label=_("To"), method="to_its_last_day")
    language = filters.ChoiceFilter(
        label=_("Language"), method="in_language", empty_label=_("any")
    )
    source = filters.ChoiceFilter(
        label=_("Taken from"), method="from_source", empty_label=_("any file")
    )
    replies = FlagFilter(label=_("with replies"), method="with_replies")

    class Meta:
        form = SearchForm

    OF_STORIES = ("story", "section", "topic", "author")
    OF_TEXTS = ("since", "until", "language", "source", "replies")

    left_out = frozenset()

    def __init__(self, data, spoken):
        super().__init__(data, queryset=Article.objects.published())
        sections = in_use(Section, "section").values_list("slug", "name")
        self.filters["section"].extra["choices"] = [*sections]
        self.filters["source"].extra["choices"] = known_sources()
        self.filters["language"].extra["choices"] = sorted(
            ((code, languages.name_of(code)) for code in spoken),
            key=lambda choice: choice[1].casefold(),
        )

    def stories(self):
        """Return the published stories that are meant."""
        return self._narrowed(self.queryset, self.OF_STORIES)

    def texts(self, queryset):
        """Return those of these stories or comments that are meant."""
        return self._narrowed(queryset, self.OF_TEXTS)

    def dated(self, queryset):
        """Return those of these stories or comments that are of the time meant."""
        return self._narrowed(queryset, ("since", "until"))

    def without(self, *names):
        """Return the same facets but these."""
        others = copy(self)
        others.left_out = {*names}
        return others

    def _narrowed(self, queryset, names):
        for name in names:
            if name in self.left_out:
                continue
            queryset = self.filters[name].filter(queryset, self.form.cleaned_data[name])
        return queryset

    def of_story(self, queryset, name, story):
        return queryset.filter(pk=story.pk)

    def from_its_first_day(self, queryset, name, period):
        # Of what has no date it is not known.
        return queryset.filter(listed_at__gte=period[0], listed_at__gt=BEFORE_ALL)

    def to_its_last_day(self, queryset, name, period):
        return queryset.filter(listed_at__lt=period[1], listed_at__gt=BEFORE_ALL)

    def in_language(self, queryset, name, code):
        # Not by the code alone, of which the planner knows nothing.
        regional = Q(language__startswith=f"{code}-")
        return queryset.filter(Q(language=code) | regional)

    def from_source(self, queryset, name, source):
        text = "comment" if queryset.model is Comment else "article"
        records = Record.objects.filter(source=source, **{text: OuterRef("pk")})
        return queryset.filter(Exists(records))

    def with_replies(self, queryset, name, is_wanted):
        if not is_wanted:
            return queryset
        if queryset.model is Comment:
            replies = Comment.objects.public().filter(parent=OuterRef("pk"))
            return queryset.filter(Exists(replies))
        return queryset.filter(discussion__comment_count__gt=0)
