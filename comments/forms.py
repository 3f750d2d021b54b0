"""What may stand in the query string of a discussion's pages."""

from django import forms


class DiscussionPageForm(forms.Form):
    """Which page of a discussion: from which number on, in threads or as captured."""

    start = forms.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    order = forms.ChoiceField(choices=[("captured", "As captured")], required=False)
