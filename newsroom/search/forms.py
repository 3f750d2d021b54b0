"""What may stand in the query string of a search."""

import re
from datetime import UTC, datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.models import Article
from newsroom.search import words
from newsroom.search.finding import Hit, Kind, Order

_PERIOD = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE = re.compile(
    r"(\d{1,9}(?:\.\d{1,20})?(?:e-\d{1,2})?)_(-?\d{1,18})_([sc])(\d{1,18})"
)


class WordsField(forms.CharField):
    """A reader's words; cleaned to what `words.parse` makes of them."""

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return []
        alternatives = words.parse(text)
        if not alternatives:
            raise ValidationError(_("There is no word in that, only signs."))
        if not all(found.wanted for found in alternatives):
            raise ValidationError(
                _("Say what to find, too, not only what to leave out.")
            )
        if sum(len(found.terms) for found in alternatives) > words.MOST_TERMS:
            raise ValidationError(
                _("That is more than %(count)d words: a few rare ones find more.")
                % {"count": words.MOST_TERMS}
            )
        return alternatives


class PeriodField(forms.CharField):
    """A year, month or day; cleaned to its first moment and the one after its last."""

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        found = _PERIOD.fullmatch(text)
        try:
            year, month, day = (int(part or 0) for part in found.groups())
            first = datetime(year, month or 1, day or 1, tzinfo=UTC)
            if day:
                return first, first + timedelta(days=1)
            months = year * 12 + (month if month else 12)
            return first, datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
        except (AttributeError, ValueError, OverflowError):
            raise ValidationError(
                _("Write a year, month or day such as 2012, 2012-05 or 2012-05-17.")
            ) from None


class NamedField(forms.CharField):
    """The name or the address of something; cleaned to the thing itself."""

    def __init__(self, *, queryset, unknown, **options):
        super().__init__(max_length=200, **options)
        self.queryset, self.unknown = queryset, unknown

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        for condition in ({"slug": text}, {"name__iexact": text}):
            if found := self.queryset.filter(**condition).first():
                return found
        raise ValidationError(self.unknown % {"name": text})


class StoryField(forms.CharField):
    """A story's address, now or before; cleaned to its key. `story` has the story."""

    def clean(self, value):
        slug = super().clean(value)
        if not slug:
            return None
        stories = Article.objects.published().for_lists().at_address(slug)
        if found := stories.first():
            return found
        raise ValidationError(_("There is no story at this address."))


class PlaceField(forms.CharField):
    """Where the next page begins: the hit before it, as `place_of` wrote it."""

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        found = _PLACE.fullmatch(text)
        try:
            rank, moment, kind, pk = found.groups()
            at = _EPOCH + timedelta(microseconds=int(moment))
        except (AttributeError, OverflowError):
            raise ValidationError(_("There is no page at this address.")) from None
        return Hit(float(rank), at, kind, int(pk))


def place_of(hit: Hit) -> str:
    """Return a hit's place in the order, for the address of the page after it.

    All of it, so that the page is found though the hit be gone or hidden by then.
    """
    moment = (hit.at - _EPOCH) // timedelta(microseconds=1)
    return f"{hit.rank!r}_{moment}_{hit.kind}{hit.pk}"


class SearchForm(forms.Form):
    """The words, and how their hits are listed; the filters add their fields to it."""

    q = WordsField(
        label=gettext_lazy("Words"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "enterkeyhint": "search"}),
    )
    order = forms.ChoiceField(
        label=gettext_lazy("Order"), choices=Order, required=False
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("In"),
        choices=[("", gettext_lazy("stories and comments")), *Kind.choices],
        required=False,
    )
    after = PlaceField(required=False, widget=forms.HiddenInput)

    def clean_order(self):
        return self.cleaned_data["order"] or Order.BEST
