"""Which stories the list of all stories shows, as its address says."""

from dataclasses import dataclass
from functools import cache

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.utils.translation import gettext_lazy as _

from articles.dates import Period
from articles.languages import language_name
from articles.models import Article, Author, Section, Topic
from articles.prepared import Prepared
from newsroom.lists.pages import address_without

MOST_OPTIONS = 200


@dataclass(frozen=True)
class Facet:
    """A filter in use: what it says, or what is wrong with it, and how to drop it."""

    label: str
    text: str
    errors: list[str]
    address_without: str


class NameField(django_filters.fields.ModelChoiceField):
    """A topic or author by its slug."""

    def to_python(self, value):
        try:
            if value not in self.empty_values:
                validate_slug(value)
            return super().to_python(value)
        except ValidationError as error:
            message = self.error_messages["invalid_choice"]
            raise ValidationError(message, code="invalid_choice") from error


class NameFilter(django_filters.ModelChoiceFilter):
    """Stories of a topic or author: too many to choose from, but pages lead here."""

    field_class = NameField

    def __init__(self, model, **options):
        super().__init__(
            to_field_name="slug",
            queryset=model.objects.with_stories(),
            widget=forms.HiddenInput,
            **options,
        )

    def filter(self, qs, value):
        return qs.filed_under(value) if value else qs


class ArticleFilter(django_filters.FilterSet):
    """What the list of all stories can be narrowed down to."""

    section = django_filters.ChoiceFilter(
        label=_("Section"),
        empty_label=_("All sections"),
        method="in_section",
        error_messages={"invalid_choice": _("There is no such section.")},
    )
    topic = NameFilter(
        Topic,
        label=_("Topic"),
        error_messages={"invalid_choice": _("There is no such topic.")},
    )
    author = NameFilter(
        Author,
        label=_("Author"),
        error_messages={"invalid_choice": _("There is no such author.")},
    )
    year = django_filters.ChoiceFilter(
        label=_("Year"),
        empty_label=_("All years"),
        method="in_year",
        error_messages={"invalid_choice": _("There are no stories of such a year.")},
    )
    language = django_filters.ChoiceFilter(
        label=_("Language"),
        empty_label=_("All languages"),
        error_messages={"invalid_choice": _("There are no stories in it.")},
    )
    discussion = django_filters.BooleanFilter(
        label=_("Only with comments"), widget=forms.CheckboxInput, method="discussed"
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.sections = {section.slug: section for section in _sections()()}
        languages = Article.published_languages()
        choices = {
            "section": [
                (slug, section.name) for slug, section in self.sections.items()
            ],
            "year": [(str(year), year) for year in Article.published_years()],
            "language": [(tag, language_name(tag)) for tag in languages],
        }
        for name in choices:
            self.filters[name].extra["choices"] = choices[name]

    def in_section(self, stories, name, slug):
        return stories.filed_under(self.sections[slug]) if slug else stories

    def in_year(self, stories, name, year):
        return stories.in_period(Period(int(year))) if year else stories

    def discussed(self, stories, name, is_wanted):
        return stories.filter(discussion__comment_count__gt=0) if is_wanted else stories

    @property
    def selects(self):
        """The filters to choose from, unless there is too much to choose from."""
        return [
            self.form[name]
            for name in ("section", "year", "language")
            if len(self.filters[name].extra["choices"]) <= MOST_OPTIONS
        ]

    @property
    def carried(self):
        """The other filters in use, which a new choice keeps."""
        offered = [*(field.name for field in self.selects), "discussion"]
        return [
            field for field in self.form if field.value() and field.name not in offered
        ]

    @property
    def facets(self) -> list[Facet]:
        """What the address asks for, each with the address that does not."""
        return [
            self._facet(name, field)
            for name, field in self.form.fields.items()
            if self.form.errors.get(name) or self.form.cleaned_data.get(name)
        ]

    def _facet(self, name, field):
        value = self.form.cleaned_data.get(name)
        choices = dict(self.filters[name].extra.get("choices", ()))
        return Facet(
            label=field.label,
            text="" if value is True else str(choices.get(value, value or "")),
            errors=self.form.errors.get(name, []),
            address_without=address_without(self.request, name, "after"),
        )


@cache
def _sections():
    """Return the query of the sections to choose from."""
    return Prepared(Section.objects.with_stories().in_order())
