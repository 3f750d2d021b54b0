"""What narrows a search: where a text stands, and what is known about it."""

from copy import copy
from functools import cache

import django_filters as filters
from django import forms
from django.db.models import Case, Q, When
from django.db.models.functions import Upper
from django.db.models.lookups import Exact
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from articles.dates import EXACT
from articles.models import Article, Author, Topic
from articles.prepared import Parameter, Prepared
from newsroom.search import languages
from newsroom.search.conditions import BEFORE_ALL, COMMENT_AT, STORY_AT
from newsroom.search.forms import (
    MOST_NAMES,
    NamedField,
    PeriodField,
    SearchForm,
    StoryField,
)


def finder(model):
    """Return what finds the names with stories that a reader may mean by a text.

    Only the nearest: those that are called so, or are at this address; else in another
    case; else those that begin so; else those that have it in their name.
    """

    @cache
    def query() -> Prepared:
        text = Parameter("text")
        nearness = Case(
            When(Q(name=text) | Q(slug=text), then=0),
            When(Exact(Upper("name"), Upper(text)), then=1),
            When(name__istartswith=text, then=2),
            default=3,
        )
        having = Q(name__icontains=text) | Q(slug=text)
        found = model.objects.with_stories().filter(having).annotate(nearness=nearness)
        found = found.order_by("nearness", *model.list_order)
        return Prepared(found[: MOST_NAMES + 1])

    def find(text: str) -> list:
        found = query()(text=text)
        return [thing for thing in found if thing.nearness == found[0].nearness]

    return find


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
    "since": f"{STORY_AT} >= %(earliest_begin)s AND {STORY_AT} > {BEFORE_ALL}",
    "until": f"{STORY_AT} < %(latest_end)s AND {STORY_AT} > {BEFORE_ALL}",
    "language": _LANGUAGE % {"text": "story"},
}
OF_COMMENT_TEXTS = {
    "since": f"{COMMENT_AT} >= %(earliest_begin)s AND {COMMENT_AT} > {BEFORE_ALL}",
    "until": f"{COMMENT_AT} < %(latest_end)s AND {COMMENT_AT} > {BEFORE_ALL}",
    "language": _LANGUAGE % {"text": "said"},
}
# A time of day is of a day in the site's zone, a date of one in UTC: the ranges above
# are of both. These say which, where that differs.
_EXACT = ", ".join(f"'{precision}'" for precision in EXACT)
_IN_ZONE = {
    "since": "%(at)s >= CASE WHEN %(precision)s IN (%(exact)s)"
    " THEN %%(begins)s ELSE %%(utc_begins)s END",
    "until": "%(at)s < CASE WHEN %(precision)s IN (%(exact)s)"
    " THEN %%(ends)s ELSE %%(utc_ends)s END",
}
_STORY = {"at": STORY_AT, "precision": "story.published_precision", "exact": _EXACT}
_COMMENT = {"at": COMMENT_AT, "precision": "said.posted_precision", "exact": _EXACT}
STORY_IN_ZONE = {name: rule % _STORY for name, rule in _IN_ZONE.items()}
COMMENT_IN_ZONE = {name: rule % _COMMENT for name, rule in _IN_ZONE.items()}
# Which by what other tables say of them.
_RECORD = (
    "SELECT 1 FROM archive_record AS record"
    " WHERE record.source_id = %%(source)s AND %(link)s"
)
BESIDE_STORIES = {
    "source": _RECORD % {"link": "record.article_id = story.id"},
    "replies": "SELECT 1 FROM comments_discussion AS discussion"
    " WHERE discussion.article_id = story.id AND comment_count > 0",
}
BESIDE_COMMENTS = {
    "source": _RECORD % {"link": "record.comment_id = said.id"},
    "replies": "SELECT 1 FROM comments_comment AS reply WHERE reply.parent_id = said.id"
    " AND reply.status = 'public' AND reply.kind = 'comment'",
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
        find=finder(Topic),
        unknown=_("There is no topic “%(name)s”."),
        several=_("“%(name)s” may mean several topics. Write one of these: %(names)s"),
    )
    author = NamedFilter(
        label=_("Author of the story"),
        find=finder(Author),
        unknown=_("Nobody called “%(name)s” has written a story here."),
        several=_("“%(name)s” may mean several authors. Write one of these: %(names)s"),
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
        others.left_out = self.left_out | {*names}
        return others

    def of_stories(self) -> list[str]:
        """Return the conditions of stories."""
        return self._in_use(OF_STORIES)

    @property
    def names_story(self) -> bool:
        return bool(self._in_use({"story": "one"}))

    @property
    def names_source(self) -> bool:
        return bool(self._in_use({"source": "one"}))

    def of_texts(self, is_story: bool) -> list[str]:
        """Return the conditions of stories, or of comments, as texts of their own."""
        in_zone = STORY_IN_ZONE if is_story else COMMENT_IN_ZONE
        differing = {name: in_zone[name] for name in self._differing_by_zone}
        texts = OF_STORY_TEXTS if is_story else OF_COMMENT_TEXTS
        return self._in_use(texts) + self._in_use(differing)

    def beside_texts(self, is_story: bool) -> str:
        """Return the joins with what else is said of stories, or of comments.

        One by one: the planner must not read all records or replies there are, nor all
        texts so as to ask for less of these.
        """
        return "".join(
            f" CROSS JOIN LATERAL ({rows} LIMIT 1) AS beside_{at}"
            for at, rows in enumerate(self._beside(is_story))
        )

    def beside_as_conditions(self, is_story: bool) -> list[str]:
        """Return the same in the way in which the planner sees how much it excludes."""
        return [f"EXISTS ({rows})" for rows in self._beside(is_story)]

    def _beside(self, is_story: bool) -> list[str]:
        return self._in_use(BESIDE_STORIES if is_story else BESIDE_COMMENTS)

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
        return {
            **self._edges,
            **{name: getattr(asked[name], "pk", None) for name in _THINGS},
            "section": self.section_keys.get(asked["section"]),
            "language": asked["language"],
            "regions": f"{asked['language']}-%",
            "source": int(asked["source"] or 0),
        }

    @cached_property
    def _edges(self) -> dict:
        """When the period that is asked for begins and ends, by zone."""
        asked = self.form.cleaned_data
        edges = {
            name: period.edges() if (period := asked[name]) else {}
            for name in ("since", "until")
        }
        ends = {name: at for name, at in edges["until"].items() if "end" in name}
        return edges["since"] | ends

    @property
    def _differing_by_zone(self) -> list[str]:
        edges = self._edges
        pairs = {"since": ("begins", "utc_begins"), "until": ("ends", "utc_ends")}
        return [
            name
            for name, (here, utc) in pairs.items()
            if edges.get(here) != edges.get(utc)
        ]

    def _in_use(self, conditions: dict[str, str]) -> list[str]:
        asked = self.form.cleaned_data
        return [
            condition
            for name, condition in conditions.items()
            if asked[name] and name not in self.left_out
        ]
