"""What may stand in the query string of a search."""

import re
from collections import Counter

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.dates import Period
from articles.models import Article
from newsroom.search import words
from newsroom.search.hits import Hit, Kind, Order, moment

# So many are named to choose from when what is written may mean several.
MOST_NAMES = 5

_PERIOD = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
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
    """A year, month or day; cleaned to a Period."""

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        try:
            parts = _PERIOD.fullmatch(text).groups()
            return Period(*(part and int(part) for part in parts))
        except (AttributeError, ValueError):
            raise ValidationError(
                _("Write a year, month or day such as 2012, 2012-05 or 2012-05-17.")
            ) from None


class NamedField(forms.CharField):
    """What a reader calls something; cleaned to the thing itself.

    `find` gives those that may be meant, the nearest alone; one of them must be.
    """

    def __init__(self, *, find, unknown, several, **options):
        super().__init__(max_length=200, **options)
        self.find, self.unknown, self.several = find, unknown, several

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        found = self.find(text)
        named_so = [thing for thing in found if thing.name == text]
        if len(named_so or found) == 1:
            return (named_so or found)[0]
        message = self.several if found else self.unknown
        raise ValidationError(message % {"name": text, "names": _told_apart(found)})


def _told_apart(things) -> str:
    """Return names to choose from, as addresses where several have the same one."""
    same = Counter(map(str, things))
    names = [thing.slug if same[str(thing)] > 1 else str(thing) for thing in things]
    return " · ".join(names[:MOST_NAMES] + ["…"] * (len(names) > MOST_NAMES))


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
            rank, at, kind, pk = found.groups()
            hit = Hit(float(rank), int(at), kind, int(pk))
            moment(hit.at)
        except (AttributeError, OverflowError):
            raise ValidationError(_("There is no page at this address.")) from None
        return hit


def place_of(hit: Hit) -> str:
    """Return a hit's place in the order, for the address of the page after it.

    All of it, so that the page is found though the hit be gone or hidden by then.
    """
    return f"{hit.rank!r}_{hit.at}_{hit.kind}{hit.pk}"


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

    def clean(self):
        asked = super().clean()
        since, until = asked.get("since"), asked.get("until")
        if since and until and until.following <= since.first:
            self.add_error("until", _("This is over before the other begins."))
        return asked
