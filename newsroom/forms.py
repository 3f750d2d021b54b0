"""What may stand in the query string of the site's own pages."""

from django import forms


class PageForm(forms.Form):
    """Which page of a list: what comes after the story or name with this key."""

    after = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)


class LetterForm(forms.Form):
    """Which names of an alphabet: those that start with this letter."""

    letter = forms.CharField(max_length=1, required=False)
