"""What may stand in the query string of a discussion's pages."""

from django import forms

from comments.choices import ThreadOrder

MOST = 2**31 - 1


class DiscussionPageForm(forms.Form):
    """Which page of a discussion: in which order, and from which number on."""

    start = forms.IntegerField(min_value=1, max_value=MOST, required=False)
    order = forms.ChoiceField(choices=ThreadOrder.choices, required=False)


class RepliesPageForm(forms.Form):
    """Which page of the replies below a comment: from which number on."""

    start = forms.IntegerField(min_value=1, max_value=MOST, required=False)
