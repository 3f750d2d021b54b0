"""The editors' desk: stories, and what orders them."""

import re
from datetime import UTC, date, datetime, time

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.forms.utils import from_current_timezone
from django.forms.widgets import Script
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop, override
from django.utils.translation import gettext_lazy as _

from articles.dates import Precision
from articles.models import (
    Article,
    ArticleRevision,
    ArticleStatus,
    Author,
    Byline,
    FormerSlug,
    Section,
    Topic,
)

FIRST_NOTE = gettext_noop("As it was taken in")
TEXT_OF_STORY = ["headline", "standfirst", "body"]
COARSE = [Precision.DAY, Precision.MONTH, Precision.YEAR]
# Any of these is a date in every time zone, for Python as for PostgreSQL.
YEARS = range(1000, 9999)


class DeskAdmin(admin.ModelAdmin):
    """What all lists of the desk have in common."""

    show_full_result_count = False

    # The log is kept in English, whatever the interface speaks.

    def log_addition(self, request, obj, message):
        with override(None):
            return super().log_addition(request, obj, message)

    def log_change(self, request, obj, message):
        with override(None):
            return super().log_change(request, obj, message)

    def log_deletions(self, request, queryset):
        with override(None):
            return super().log_deletions(request, queryset)

    def lookup_allowed(self, lookup, value, request):
        # PostgreSQL has no text with a NUL: a bad request, not a broken server.
        return "\0" not in value and super().lookup_allowed(lookup, value, request)

    def get_changelist_instance(self, request):
        try:
            return super().get_changelist_instance(request)
        except (OverflowError, ValueError) as error:
            # Django lets a `date_hierarchy` compute with any year that is a number.
            raise IncorrectLookupParameters from error

    def get_search_results(self, request, queryset, search_term):
        # The list refuses a NUL by itself, the look-up of authors and topics does not.
        term = search_term.replace("\0", "")
        return super().get_search_results(request, queryset, term)


class EnteredTimeField(forms.SplitDateTimeField):
    """A date, perhaps with a time, as entered; `DeskForm` knows what it means."""

    def compress(self, data_list):
        if not data_list:
            return None
        if data_list[0] in self.empty_values:
            raise ValidationError(self.error_messages["invalid_date"])
        if data_list[0].year not in YEARS:
            raise ValidationError(_("Enter a year from 1000 to 9998."))
        return data_list


def as_stored(day: date, at: time | None, precision: str | None) -> datetime:
    """Return what an editor entered as `articles.dates` stores it."""
    if precision in COARSE:
        month = 1 if precision == Precision.YEAR else day.month
        first = day.day if precision == Precision.DAY else 1
        return datetime(day.year, month, first, tzinfo=UTC)
    if at is None and precision in (Precision.SECOND, Precision.MINUTE):
        raise ValidationError(
            _("Enter the time too, or say that only the day is known.")
        )
    at = at or time.min
    if precision == Precision.MINUTE:
        at = at.replace(second=0)
    return from_current_timezone(datetime.combine(day, at))


class DeskForm(forms.ModelForm):
    """A form that leaves alone what its editor did, though the browser may not.

    A time field is an `EnteredTimeField` with its precision beside it: editors see and
    enter the days that readers see, whatever the site's time zone.
    """

    time_fields = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.time_fields:
            stored = getattr(self.instance, name)
            if stored and getattr(self.instance, _precision_of(name)) in COARSE:
                self.initial[name] = stored.astimezone(UTC).replace(tzinfo=None)

    def clean(self):
        data = super().clean()
        self._keep_given_text(data)
        for name in self.time_fields:
            if data.get(name):
                self._read_entered_time(data, name)
        return data

    def _keep_given_text(self, data):
        # A browser sends every newline as CRLF, and the form strips the ends.
        for name in {*data} & {*self.initial}:
            given, sent = self.initial[name], data[name]
            if isinstance(given, str) and isinstance(sent, str):
                sent = _with_plain_newlines(sent)
                is_same = _with_plain_newlines(given).strip() == sent.strip()
                data[name] = given if is_same else sent

    def _read_entered_time(self, data, name):
        if not {name, _precision_of(name)} & {*self.changed_data}:
            # Read again it might lose its microseconds, or its side of a clock change.
            data[name] = getattr(self.instance, name)
            return
        try:
            stored = as_stored(*data[name], data.get(_precision_of(name)))
        except ValidationError as error:
            self.add_error(name, error)
        else:
            data[name] = stored


def _precision_of(time_field: str) -> str:
    return time_field.removesuffix("_at") + "_precision"


def _with_plain_newlines(text: str) -> str:
    return re.sub("\r\n?", "\n", text)


class ArticleEditor(forms.Textarea):
    """A textarea that a script turns into an editor of the HTML in it.

    The script is our own: the one of django-prose-editor needs an inline import map and
    injects a style sheet, which the site's policy forbids, and rightly.
    """

    def __init__(self):
        attrs = {
            "data-article-editor": _("Body"),
            "data-refusal": _(
                "This story holds markup that the editor would lose, so it is shown as "
                "HTML."
            ),
            "dir": "auto",
            "rows": 20,
            "cols": 80,
        }
        super().__init__(attrs=attrs)

    class Media:
        css = {
            "all": [
                "django_prose_editor/material-icons.css",
                "django_prose_editor/editor.css",
                "django_prose_editor/overrides.css",
                "css/article-editor.css",
            ]
        }
        js = [Script("js/article-editor.js", type="module")]


class ArticleForm(DeskForm):
    time_fields = ["published_at"]
    source_url = forms.URLField(
        label=_("Source address"),
        required=False,
        assume_scheme="https",
        max_length=2000,
    )
    correction = forms.CharField(
        label=_("Correction"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "If this change corrects an error, tell readers what was wrong and what is "
            "right. It is shown, with today's date, above the story."
        ),
    )

    class Meta:
        model = Article
        fields = "__all__"  # noqa: DJ007 (the fieldsets of ArticleAdmin name them)
        widgets = {
            "headline": AdminTextInputWidget(attrs={"dir": "auto"}),
            "standfirst": AdminTextareaWidget(attrs={"dir": "auto"}),
            "body": ArticleEditor,
        }
        field_classes = {"published_at": EnteredTimeField}

    def clean(self):
        """Date a story that is published without a word about its date: now."""
        data = super().clean()
        is_published = data.get("status") == ArticleStatus.PUBLISHED
        is_unknown = data.get("published_precision") == Precision.UNKNOWN
        if is_published and not is_unknown and data.get("published_at") is None:
            now = timezone.localtime()
            precision = data.get("published_precision")
            is_coarse = precision in COARSE
            today = as_stored(now.date(), None, precision) if is_coarse else None
            data["published_at"] = today or now
        return data


class BylineForm(forms.ModelForm):
    class Meta:
        model = Byline
        fields = ["author", "position", "biography"]
        widgets = {"biography": forms.Textarea(attrs={"rows": 2, "cols": 40})}


class BylineInline(admin.TabularInline):
    model = Byline
    form = BylineForm
    extra = 0
    autocomplete_fields = ["author"]


class RevisionInline(admin.TabularInline):
    model = ArticleRevision
    extra = 0
    fields = ["number", "created_at", "editor", "is_correction", "note_in_words"]
    readonly_fields = fields
    can_delete = False

    @admin.display(description=_("note"))
    def note_in_words(self, revision):
        # What an editor wrote is never translated.
        return gettext(FIRST_NOTE) if revision.note == FIRST_NOTE else revision.note

    def has_add_permission(self, request, obj=None):
        return False


class FormerSlugInline(admin.TabularInline):
    model = FormerSlug
    extra = 0
    fields = ["slug"]
    readonly_fields = fields
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(Article)
class ArticleAdmin(DeskAdmin):
    form = ArticleForm
    list_display = ["headline", "section", "status", "published_in_words"]
    list_filter = ["status", "section", "language"]
    search_fields = ["headline", "slug", "standfirst"]
    date_hierarchy = "published_at"
    autocomplete_fields = ["topics"]
    prepopulated_fields = {"slug": ["headline"]}
    actions = ["publish", "withdraw"]
    inlines = [BylineInline, RevisionInline, FormerSlugInline]
    fieldsets = [
        (None, {"fields": ["headline", "slug", "standfirst", "body", "correction"]}),
        (
            _("Publication"),
            {
                "fields": [
                    "status",
                    ("published_at", "published_precision"),
                    ("published_basis", "published_note"),
                ]
            },
        ),
        (_("Place"), {"fields": ["section", "topics", "language", "source_url"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).for_lists()

    def has_delete_permission(self, request, obj=None):
        # What readers have seen is withdrawn, not deleted with its discussion.
        is_draft = obj is not None and obj.status == ArticleStatus.DRAFT
        return is_draft and super().has_delete_permission(request, obj)

    @admin.display(description=_("published"), ordering="listed_at")
    def published_in_words(self, article):
        return article.published_in_words

    def view_on_site(self, article):
        is_public = Article.objects.published().filter(pk=article.pk).exists()
        return article.get_absolute_url() if is_public else None

    def get_prepopulated_fields(self, request, obj=None):
        # An address once given out does not follow a new headline by itself.
        return {} if obj else self.prepopulated_fields

    def save_model(self, request, obj, form, change):
        data = form.cleaned_data
        is_new_text = any(form.initial.get(n) != data[n] for n in TEXT_OF_STORY)
        if change and is_new_text and not obj.revisions.exists():
            Article.objects.get(pk=obj.pk).revise(note=FIRST_NOTE)
        super().save_model(request, obj, form, change)
        correction = data["correction"]
        if is_new_text or correction:
            obj.revise(by=request.user, note=correction, is_correction=bool(correction))

    @admin.action(description=_("Publish selected stories"), permissions=["change"])
    def publish(self, request, queryset):
        count = queryset.publish()
        self.message_user(request, gettext("Published: %(count)d.") % {"count": count})

    @admin.action(description=_("Withdraw selected stories"), permissions=["change"])
    def withdraw(self, request, queryset):
        count = queryset.withdraw()
        self.message_user(request, gettext("Withdrawn: %(count)d.") % {"count": count})


@admin.register(Author)
class AuthorAdmin(DeskAdmin):
    list_display = ["name", "slug"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Section)
class SectionAdmin(DeskAdmin):
    list_display = ["name", "slug", "position"]
    list_editable = ["position"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Topic)
class TopicAdmin(DeskAdmin):
    list_display = ["name", "slug"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
