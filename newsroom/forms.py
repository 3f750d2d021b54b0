"""What may stand in the query string of the site's own pages."""

from django import forms


class FrontPageForm(forms.Form):
    """Which page of the latest stories: those after the story with this key."""

    after = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
