"""What narrows a search: where a text stands, and what is known about it."""

from copy import copy

import django_filters as filters
from django import forms
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from articles.models import Article, Author, Topic
from newsroom.search import languages
from newsroom.search.conditions import BEFORE_ALL, COMMENT_AT, STORY_AT
from newsroom.search.forms import NamedField, PeriodField, SearchForm, StoryField


def in_use(model, field):
    """Return those of a model that a story which readers may see belongs to."""
    stories = Article.objects.published().filter(**{field: OuterRef("pk")})
    return model.objects.filter(Exists(stories))


# Facets that are a story, a topic or an author.
_THINGS = ("story", "topic", "author")
# Which stories are meant, and which comments by the story that they are below.
OF_STORIES = {
    "story": "story.id = %(story)s",
    "section": "story.section_id = %(section)s",
    "topic": "EXISTS (SELECT 1 FROM articles_article_topics AS link"
    " WHERE link.article_id = story.id AND link.topic_id = %(topic)s)",
    "author": "EXISTS (SELECT 1 FROM articles_byline AS link"
    " WHERE link.article_id = story.id AND link.author_id = %(author)s)",
}
# Which texts are meant by what they are themselves.
_LANGUAGE = "(%(text)s.language = %%(language)s OR %(text)s.language LIKE %%(regions)s)"
OF_STORY_TEXTS = {
    # Of what has no date it is not known.
    "since": f"{STORY_AT} >= %(since)s AND {STORY_AT} > {BEFORE_ALL}",
    "until": f"{STORY_AT} < %(until)s AND {STORY_AT} > {BEFORE_ALL}",
    "language": _LANGUAGE % {"text": "story"},
}
OF_COMMENT_TEXTS = {
    "since": f"{COMMENT_AT} >= %(since)s AND {COMMENT_AT} > {BEFORE_ALL}",
    "until": f"{COMMENT_AT} < %(until)s AND {COMMENT_AT} > {BEFORE_ALL}",
    "language": _LANGUAGE % {"text": "said"},
}
# Which by what other tables say of them. Joined one by one: the planner must not read
# all records or replies there are, nor all texts so as to ask for less of these.
_RECORD = """ CROSS JOIN LATERAL (
    SELECT 1 FROM archive_record AS record
    WHERE record.source_id = %%(source)s AND record.%(link)s LIMIT 1
) AS record"""
BESIDE_STORIES = {
    "source": _RECORD % {"link": "article_id = story.id"},
    "replies": """ CROSS JOIN LATERAL (
        SELECT 1 FROM comments_discussion AS discussion
        WHERE article_id = story.id AND comment_count > 0 LIMIT 1
    ) AS discussion""",
}
BESIDE_COMMENTS = {
    "source": _RECORD % {"link": "comment_id = said.id"},
    "replies": """ CROSS JOIN LATERAL (
        SELECT 1 FROM comments_comment AS reply WHERE reply.parent_id = said.id
        AND reply.status = 'public' AND reply.kind = 'comment' LIMIT 1
    ) AS reply""",
}


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

    What they narrow it to is said in SQL, for one statement finds stories and comments
    by all of them: see `of_stories` and `of_texts`, with `parameters`.
    """

    story = StoryFilter(label=_("Story"), widget=forms.HiddenInput)
    section = filters.ChoiceFilter(label=_("Section"), empty_label=_("any"))
    topic = NamedFilter(
        label=_("Topic"),
        queryset=in_use(Topic, "topics"),
        unknown=_("There is no topic “%(name)s”."),
    )
    author = NamedFilter(
        label=_("Author of the story"),
        queryset=in_use(Author, "authors"),
        unknown=_("Nobody called “%(name)s” has written a story here."),
    )
    since = PeriodFilter(label=_("From"))
    until = PeriodFilter(label=_("To"))
    language = filters.ChoiceFilter(label=_("Language"), empty_label=_("any"))
    source = filters.ChoiceFilter(label=_("Taken from"), empty_label=_("any file"))
    replies = FlagFilter(label=_("with replies"))

    class Meta:
        form = SearchForm

    left_out = frozenset()

    def __init__(self, data, offered):
        super().__init__(data, queryset=Article.objects.none())
        self.filters["section"].extra["choices"] = offered.sections
        self.section_keys = offered.section_keys
        self.filters["source"].extra["choices"] = offered.sources
        self.filters["language"].extra["choices"] = sorted(
            ((code, languages.name_of(code)) for code in offered.languages),
            key=lambda choice: choice[1].casefold(),
        )

    def without(self, *names):
        """Return the same facets but these."""
        others = copy(self)
        others.left_out = {*names}
        return others

    def of_stories(self) -> list[str]:
        """Return the conditions of stories."""
        return self._in_use(OF_STORIES)

    def of_texts(self, is_story: bool) -> list[str]:
        """Return the conditions of stories, or of comments, as texts of their own."""
        return self._in_use(OF_STORY_TEXTS if is_story else OF_COMMENT_TEXTS)

    def beside_texts(self, is_story: bool) -> str:
        """Return the joins with what else is said of stories, or of comments."""
        return "".join(self._in_use(BESIDE_STORIES if is_story else BESIDE_COMMENTS))

    def in_index(self, is_story: bool) -> list[str]:
        """Return the conditions that are a range of an index of texts by date."""
        ranges = OF_STORY_TEXTS if is_story else OF_COMMENT_TEXTS
        ranges = {name: ranges[name] for name in ("since", "until")}
        if not is_story:
            ranges["story"] = "said.discussion_id = %(story)s"
        return self._in_use(ranges)

    @property
    def parameters(self) -> dict:
        """What the conditions have to be given."""
        asked = self.form.cleaned_data
        since, until = asked["since"], asked["until"]
        return {
            **{name: getattr(asked[name], "pk", None) for name in _THINGS},
            "section": self.section_keys.get(asked["section"]),
            "since": since and since[0],
            "until": until and until[1],
            "language": asked["language"],
            "regions": f"{asked['language']}-%",
            "source": int(asked["source"] or 0),
        }

    def _in_use(self, conditions: dict[str, str]) -> list[str]:
        asked = self.form.cleaned_data
        return [
            condition
            for name, condition in conditions.items()
            if asked[name] and name not in self.left_out
        ]
