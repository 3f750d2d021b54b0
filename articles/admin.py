"""The editors' desk: stories, and what orders them."""

from django import forms
from django.contrib import admin
from django.forms.widgets import Script
from django.utils import timezone

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


class ArticleEditor(forms.Textarea):
    """A textarea that a script turns into an editor of the HTML in it.

    The script is our own: the one of django-prose-editor needs an inline import map and
    injects a style sheet, which the site's policy forbids, and rightly.
    """

    def __init__(self):
        super().__init__(attrs={"data-article-editor": "", "rows": 20, "cols": 80})

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


class ArticleForm(forms.ModelForm):
    source_url = forms.URLField(
        label="Source address", required=False, assume_scheme="https", max_length=2000
    )
    correction = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="If this change corrects an error, tell readers what was wrong and "
        "what is right. It is shown, with today's date, above the story.",
    )

    class Meta:
        model = Article
        fields = "__all__"  # noqa: DJ007 (the fieldsets of ArticleAdmin name them)
        widgets = {"body": ArticleEditor}

    def clean(self):
        """Date a story that is published without a word about its date: now."""
        data = super().clean()
        is_published = data.get("status") == ArticleStatus.PUBLISHED
        is_unknown = data.get("published_precision") == Precision.UNKNOWN
        if is_published and not is_unknown and data.get("published_at") is None:
            data["published_at"] = timezone.now()
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
    fields = ["number", "created_at", "editor", "is_correction", "note"]
    readonly_fields = fields
    can_delete = False

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
class ArticleAdmin(admin.ModelAdmin):
    form = ArticleForm
    list_display = ["headline", "section", "status", "published_in_words"]
    list_filter = ["status", "section", "language"]
    list_select_related = ["section"]
    search_fields = ["headline", "slug", "standfirst"]
    date_hierarchy = "published_at"
    autocomplete_fields = ["topics"]
    prepopulated_fields = {"slug": ["headline"]}
    actions = ["publish", "withdraw"]
    inlines = [BylineInline, RevisionInline, FormerSlugInline]
    fieldsets = [
        (None, {"fields": ["headline", "slug", "standfirst", "body", "correction"]}),
        (
            "Publication",
            {
                "fields": [
                    "status",
                    ("published_at", "published_precision"),
                    ("published_basis", "published_note"),
                ]
            },
        ),
        ("Place", {"fields": ["section", "topics", "language", "source_url"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("search_vector")

    def has_delete_permission(self, request, obj=None):
        # What readers have seen is withdrawn, not deleted with its discussion.
        is_draft = obj is not None and obj.status == ArticleStatus.DRAFT
        return is_draft and super().has_delete_permission(request, obj)

    @admin.display(description="published", ordering="listed_at")
    def published_in_words(self, article):
        return article.published_in_words

    def view_on_site(self, article):
        is_public = Article.objects.published().filter(pk=article.pk).exists()
        return article.get_absolute_url() if is_public else None

    def get_prepopulated_fields(self, request, obj=None):
        # An address once given out does not follow a new headline by itself.
        return {} if obj else self.prepopulated_fields

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        correction = form.cleaned_data.get("correction", "")
        is_new_text = {"headline", "standfirst", "body"} & {*form.changed_data}
        if is_new_text or correction:
            obj.revise(by=request.user, note=correction, is_correction=bool(correction))

    @admin.action(description="Publish selected stories", permissions=["change"])
    def publish(self, request, queryset):
        count = queryset.publish()
        self.message_user(request, f"Published: {count}.")

    @admin.action(description="Withdraw selected stories", permissions=["change"])
    def withdraw(self, request, queryset):
        count = queryset.withdraw()
        self.message_user(request, f"Withdrawn: {count}.")


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    list_display = ["name", "slug"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Section)
class SectionAdmin(admin.ModelAdmin):
    list_display = ["name", "slug", "position"]
    list_editable = ["position"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin):
    list_display = ["name", "slug"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
