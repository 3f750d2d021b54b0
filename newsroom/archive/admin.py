"""Provenance in admin: taking files in, and what became of each record in them."""

import csv
import re
import tempfile

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.db import models
from django.db.models import F
from django.db.models.fields.tuple_lookups import (
    Tuple,
    TupleGreaterThan,
    TupleLessThan,
)
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import capfirst, filesizeformat
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from articles.admin import DeskAdmin
from comments.choices import CommentStatus
from comments.rendering import grouped
from newsroom.archive import tasks, unpacking
from newsroom.archive.formats import FORMATS
from newsroom.archive.importing import forget, receive
from newsroom.archive.models import (
    Change,
    Outcome,
    Record,
    RecordKind,
    Source,
    SourceState,
    sources_storage,
)
from newsroom.archive.records import FormatError
from newsroom.archive.tasks import Job, Stage
from newsroom.archive.words import told, told_of_records

SECONDS_TO_REFRESH = 2
MOST_BYTES_SHOWN = 100_000
MOST_RECORDS_SHOWN = 20
MOST_SHOWN = 50  # of reasons, authors and the like
BATCH = 5_000  # rows of a CSV file that are in memory at a time
LEDGER = ["found", *Outcome.values, *Change.values]
RECORD_FIELDS = [
    "position", "kind", "given_id", "occurrence", "given_parent", "awaits_parent",
    "given_status", "given_kind", "also", "outcome", "change", "reason", "article",
    "comment", "member", "start", "end",
]  # fmt: skip
# What the log says, in English.
UPLOADED = gettext_noop("Uploaded.")
STARTED = {
    Job.CHECK: gettext_noop("Check."),
    Job.TAKE_IN: gettext_noop("Take in."),
    Job.AGAIN: gettext_noop("Read again."),
}
UNREAD_OF_SOURCE = ["ledger", "trial", "repairs", "progress", "note", "error"]
UNREAD_OF_STORY = ["body", "search_vector"]


class ReadOnlyAdmin(DeskAdmin):
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


# Uploading


class UploadToDisk(FileUploadHandler):
    """Streams files to the disk, all together up to the limit, and skips the others.

    The files have no names there, so that none is left behind, however this ends.
    """

    def __init__(self, request=None):
        super().__init__(request)
        self.count = 0
        self.too_large = []

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        folder = settings.VAR_DIR / "uploads"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed with the request)

    def receive_data_chunk(self, raw_data, start):
        self.count += len(raw_data)
        if self.count > settings.UPLOAD_MAX_BYTES:
            # Its bytes do not count against the files that come after it.
            self.count -= start + len(raw_data)
            self.too_large.append(self.file_name)
            raise SkipFile
        self.file.write(raw_data)

    def file_complete(self, file_size):
        self.file.seek(0)
        file = UploadedFile(self.file, self.file_name, self.content_type, file_size)
        # A file skipped later would close this one.
        del self.file
        return file


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several, each of them checked."""

    widget = FilesInput

    def clean(self, data, initial=None):
        files = data if isinstance(data, list) else [data]
        return [
            super(FilesField, self).clean(file, initial) for file in files or [None]
        ]


def formats_to_choose():
    return [
        ("auto", gettext("Recognised by content")),
        *((name, f"{name}: {gettext(it.LABEL)}") for name, it in FORMATS.items()),
    ]


class UploadForm(forms.Form):
    files = FilesField(
        label=_("Files"),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty."),
        },
    )
    format = forms.ChoiceField(
        label=_("Format"),
        choices=formats_to_choose,
        help_text=_("Leave this alone, unless a file was not recognised."),
    )

    def __init__(self, *args, too_large=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.too_large = too_large
        limit = filesizeformat(settings.UPLOAD_MAX_BYTES)
        self.limit = f"{limit.replace(chr(160), ' ')}"
        self.fields["files"].help_text = gettext(
            "At most %(limit)s together. Packed files (gzip, zip) are taken as they "
            "are. A larger file is taken in with the command import_archive."
        ) % {"limit": self.limit}

    def clean(self):
        if self.too_large:
            # Whether another file was sent, too, is not what went wrong.
            self.errors.pop("files", None)
        for name in self.too_large:
            words = gettext("“%(name)s” was refused: more than %(limit)s.")
            self.add_error("files", words % {"name": name, "limit": self.limit})


class RunForm(forms.Form):
    job = forms.ChoiceField(choices=Job)


# Sources


class SourceList(ChangeList):
    def get_queryset(self, request, exclude_parameters=None):
        sources = super().get_queryset(request, exclude_parameters)
        return sources.defer(*{*UNREAD_OF_SOURCE} - {"ledger"})


@admin.register(Source)
class SourceAdmin(ReadOnlyAdmin):
    list_display = [
        "name",
        "state",
        "records",
        "format",
        "size_in_words",
        "imported_at",
        "imported_by",
    ]
    list_filter = ["state", "format"]
    list_select_related = ["imported_by"]
    search_fields = ["name", "sha256", "url"]
    fieldsets = [
        (
            _("The file"),
            {
                "fields": [
                    "name",
                    "size_in_words",
                    "format",
                    "sha256",
                    "imported_at",
                    "imported_by",
                ]
            },
        ),
        (
            _("What it says of itself"),
            {"fields": ["origin", "url", "captured_in_words", "note", "sections_from"]},
        ),
    ]
    readonly_fields = ["size_in_words", "captured_in_words"]
    # Nothing is entered here, but Django builds the form's fields and asks.
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    class Media:
        css = {"all": ["css/archive-admin.css"]}

    def has_add_permission(self, request):
        return admin.ModelAdmin.has_add_permission(self, request)

    def has_delete_permission(self, request, obj=None):
        """Let go what was never taken in; what gave a record is kept for good."""
        if obj is None or not admin.ModelAdmin.has_delete_permission(self, request):
            return False
        is_taken = obj.ledger or obj.is_taken_in
        is_active = tasks.stage_of(obj) in (Stage.RUNNING, Stage.QUEUED)
        return not (is_taken or is_active or obj.records.exists())

    def delete_model(self, request, obj):
        forget(obj)

    def get_changelist(self, request, **kwargs):
        return SourceList

    def get_urls(self):
        views = [
            ("run", self.run_view),
            ("ledger.csv", self.ledger_view),
            ("records.csv", self.records_view),
        ]
        return [
            path(
                f"<int:pk>/{name}{'' if '.' in name else '/'}",
                self.admin_site.admin_view(view),
                name=f"archive_source_{name.removesuffix('.csv')}",
            )
            for name, view in views
        ] + super().get_urls()

    @admin.display(description=_("records"))
    def records(self, source):
        found = sum(counts.get("found", 0) for counts in source.ledger.values())
        return format_html('<a href="{}">{}</a>', records_url(source), found)

    @admin.display(description=_("size"), ordering="size")
    def size_in_words(self, source):
        return filesizeformat(source.size)

    @admin.display(description=_("captured"))
    def captured_in_words(self, source):
        return source.captured_in_words

    # The form is parsed only after the limit on its size is set; see `upload_view`.
    @method_decorator(csrf_exempt)
    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        request.upload_handlers = [UploadToDisk(request)]
        return self.upload_view(request)

    @method_decorator(csrf_protect)
    def upload_view(self, request):
        handler = request.upload_handlers[0]
        form = UploadForm()
        if request.method == "POST":
            data, files = request.POST, request.FILES
            form = UploadForm(data, files, too_large=handler.too_large)
            received = self._receive(request, form)
            if not form.errors:
                only = received[0] if len(received) == 1 else None
                return HttpResponseRedirect(change_url(only) if only else list_url())
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Take files in"),
            "opts": self.opts,
            "form": form,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/archive/source/upload.html", context)

    def _receive(self, request, form):
        """Keep each file that can be kept, and have it checked; the form has errors."""
        form.full_clean()
        received = []
        format = form.cleaned_data.get("format", "auto")
        for file in form.cleaned_data.get("files", []):
            try:
                source = receive(file, file.name, by=request.user, format=format)
            except FormatError as error:
                words = gettext("“%(name)s” was refused: %(reason)s")
                names = {"name": file.name, "reason": error.in_words()}
                form.add_error("files", words % names)
            else:
                received.append(source)
                self._welcome(request, file.name, source)
        return received

    def _welcome(self, request, name, source):
        is_new = source.state == SourceState.WAITING and not source.trial
        if is_new and tasks.stage_of(source) == Stage.NONE:
            self.log_addition(request, source, UPLOADED)
            tasks.start(source, Job.CHECK)
            text = gettext("“{name}” was kept and is being checked. See {source}.")
            level = messages.SUCCESS
        else:
            text = gettext(
                "“{name}” came before: the same bytes are kept already. See {source}."
            )
            level = messages.WARNING
        link = format_html('<a href="{}">{}</a>', change_url(source), source.name)
        words = format_html(text, name=name, source=link)
        self.message_user(request, words, level)

    def history_view(self, request, *args, **kwargs):
        page = super().history_view(request, *args, **kwargs)
        for entry in getattr(page, "context_data", {}).get("action_list", []):
            entry.change_message = gettext(entry.change_message)
        return page

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        stage = tasks.stage_of(obj)
        may_run = self.has_add_permission(request)
        links = obj if can_see_records(request) else None
        context |= {
            "stage": stage,
            "is_active": stage in (Stage.RUNNING, Stage.QUEUED),
            "refreshes": "still" not in request.GET,
            "jobs": jobs_of(obj, stage) if may_run else [],
            "words": progress_in_words(obj.progress),
            "waits_since": tasks.queued_at(obj),
            "ledger": as_table(obj.ledger, links),
            "trial": as_trial(obj.trial),
            "repairs": as_counts(obj.repairs, told),
            "error": told(obj.error),
            "ends_early": told(obj.ends_early),
            "can_see_records": bool(links),
        }
        response = super().render_change_form(
            request, context, *args, obj=obj, **kwargs
        )
        if context["is_active"] and context["refreshes"]:
            response["Refresh"] = SECONDS_TO_REFRESH
        return response

    @method_decorator(require_POST)
    def run_view(self, request, pk):
        if not self.has_add_permission(request):
            raise PermissionDenied
        source = get_object_or_404(Source, pk=pk)
        form = RunForm(request.POST)
        possible = dict(jobs_of(source, tasks.stage_of(source)))
        if form.is_valid() and form.cleaned_data["job"] in possible:
            job = Job(form.cleaned_data["job"])
            self.log_change(request, source, STARTED[job])
            tasks.start(source, job)
        else:
            text = gettext("Nothing was started: see how far it has come.")
            self.message_user(request, text, messages.WARNING)
        return HttpResponseRedirect(change_url(source))

    @method_decorator(require_safe)
    def ledger_view(self, request, pk):
        if not self.has_view_permission(request):
            raise PermissionDenied
        source = get_object_or_404(Source, pk=pk)
        response = HttpResponse(content_type=CSV_TYPE)
        rows = ([kind, *counts] for kind, counts in in_order(source.ledger))
        response.writelines(as_csv([["kind", *LEDGER], *rows]))
        return as_download(response, f"source-{pk}-ledger.csv")

    @method_decorator(require_safe)
    def records_view(self, request, pk):
        if not (self.has_view_permission(request) and can_see_records(request)):
            raise PermissionDenied
        source = get_object_or_404(Source, pk=pk)
        rows = as_csv(record_rows(source))
        response = StreamingHttpResponse(rows, content_type=CSV_TYPE)
        return as_download(response, f"source-{pk}-records.csv")


def jobs_of(source, stage):
    """Return what an editor may start now: pairs of a job and its name in this case."""
    is_broken = stage == Stage.CUT_SHORT or source.state == SourceState.FAILED
    again = gettext("Try again")
    if stage in (Stage.RUNNING, Stage.QUEUED):
        return []
    if source.ledger:
        return [(Job.AGAIN, again if is_broken else gettext("Read it again"))]
    if source.state == SourceState.RUNNING:
        return [(Job.TAKE_IN, again)]
    if source.trial and source.state == SourceState.WAITING:
        return [
            (Job.TAKE_IN, gettext("Take it in")),
            (Job.CHECK, gettext("Check again")),
        ]
    return [(Job.CHECK, again if is_broken else gettext("Check it"))]


def progress_in_words(progress):
    """Return how far a run has come, such as “Reading: 1.2 MB of 97 MB”."""
    phase = progress.get("phase", gettext_noop("starting"))
    done, of = progress.get("done"), progress.get("of")
    if not (done and of):
        return f"{capfirst(gettext(phase))} …"
    in_words = filesizeformat if phase == "reading" else grouped
    return gettext("%(phase)s: %(done)s of %(all)s") % {
        "phase": capfirst(gettext(phase)),
        "done": in_words(done),
        "all": in_words(of),
    }


def list_url():
    return reverse("admin:archive_source_changelist")


def change_url(source):
    return reverse("admin:archive_source_change", args=[source.pk])


def records_url(source, **filters):
    address = reverse("admin:archive_record_changelist")
    return f"{address}?{urlencode({'source': source.pk, **filters})}"


def can_see_records(request):
    return admin.site.get_model_admin(Record).has_view_permission(request)


def in_order(ledger):
    """Yield each kind in the ledger with its counts, always in the same order."""
    for kind in [*RecordKind.values, *sorted({*ledger} - {*RecordKind.values})]:
        if kind in ledger:
            yield kind, [ledger[kind].get(name, 0) for name in LEDGER]


def as_table(ledger, source=None):
    """Return the ledger for the page; of a source, its numbers lead to its records."""
    kinds = dict(RecordKind.choices)
    rows = [
        (
            kinds.get(kind, capfirst(kind)),
            [
                (number, number and source and records_url(source, **filters))
                for number, filters in zip(counts, filters_of(kind), strict=True)
            ],
        )
        for kind, counts in in_order(ledger)
    ]
    if len(rows) > 1:
        columns = zip(*(counts for _, counts in in_order(ledger)), strict=True)
        total = [(sum(column), "") for column in columns]
        rows.append((gettext("All"), total))
    return rows


def filters_of(kind):
    of_kind = {"kind__exact": kind}
    yield of_kind
    yield from (of_kind | {"outcome__exact": outcome} for outcome in Outcome.values)
    yield from (of_kind | {"change__exact": change} for change in Change.values)


def as_trial(trial):
    return trial and {
        **{name: trial.get(name, "")[:10] for name in ("oldest", "newest")},
        "ledger": as_table(trial.get("ledger", {})),
        "states": as_counts(trial.get("states", {}), state_in_words),
        "reasons": as_counts(trial.get("reasons", {}), told_of_records),
        "authors": [
            (name or gettext("Unnamed"), count)
            for name, count in trial.get("authors", [])
        ],
        "repairs": as_counts(trial.get("repairs", {}), told),
        "ends_early": told(trial.get("ends_early", "")),
    }


def as_counts(counts, in_words):
    """Return what was counted with its numbers, the most frequent first."""
    counts = counts.get("counts", counts)
    numbers = [(what, n) for what, n in counts.items() if isinstance(n, int)]
    most = sorted(numbers, key=lambda pair: -pair[1])[:MOST_SHOWN]
    return [(in_words(what), number) for what, number in most]


def state_in_words(state):
    return dict(CommentStatus.choices).get(state, state)


# Spreadsheets

CSV_TYPE = "text/csv; charset=utf-8"
# Spreadsheets take a cell that begins so for a formula, which may call other programs.
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠|%]|[\t\r\n]")


class Echo:
    """Gives back what a writer writes, so that it can be sent at once."""

    def write(self, text):
        return text


def as_csv(rows):
    """Yield the rows as CSV that a spreadsheet opens as it is, and does not run."""
    writer = csv.writer(Echo())
    yield "\ufeff"  # Without this mark Excel takes UTF-8 for something else.
    for row in rows:
        yield writer.writerow([as_cell(value) for value in row])


def as_cell(value):
    is_formula = isinstance(value, str) and FORMULA.match(value)
    return f"'{value}" if is_formula else value


def record_rows(source):
    """Yield the source's records, batch by batch in the order of the file."""
    yield RECORD_FIELDS
    records = source.records.order_by("position").values_list(*RECORD_FIELDS)
    position = 0
    while batch := list(records.filter(position__gt=position)[:BATCH]):
        yield from batch
        position = batch[-1][0]


def as_download(response, name):
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# Records


class RecordList(ChangeList):
    """A list that is paged by key and counts nothing, for there may be millions."""

    def __init__(self, request, *args):
        # Taken out of the query string, else each filter's link would carry it along.
        request.GET = request.GET.copy()
        self.after = place_of(request.GET.pop("after", None))
        self.before = place_of(request.GET.pop("before", None))
        super().__init__(request, *args)
        self.title = gettext("Records in the order of their files")

    def get_ordering(self, request, queryset):
        return ["source_id", "position"]

    def get_results(self, request):
        records, size = self.queryset, self.list_per_page
        place = Tuple(F("source_id"), F("position"))
        if self.after:
            records = records.filter(TupleGreaterThan(place, self.after))
        elif self.before:
            records = records.filter(TupleLessThan(place, self.before)).reverse()
        found = list(records[: size + 1])
        page = found[:size]
        has_more, came_on = len(found) > size, bool(self.after or self.before)
        self.next_url = self.previous_url = ""
        if self.before and not self.after:
            page.reverse()
            has_more, came_on = came_on, has_more
        if page and has_more:
            self.next_url = self.get_query_string({"after": key_of(page[-1])})
        if page and came_on:
            self.previous_url = self.get_query_string({"before": key_of(page[0])})
        self.first_url = came_on and self.get_query_string()
        self.result_list = page
        # Equal, so that the page does not tell a number that would mislead.
        self.result_count = self.full_result_count = len(page)
        self.show_full_result_count = self.show_admin_actions = False
        self.can_show_all = self.multi_page = False
        self.paginator = None


def place_of(values):
    match = re.fullmatch(r"(\d{1,18})\.(\d{1,9})", values[-1]) if values else None
    return match and (int(match[1]), int(match[2]))


def key_of(record):
    return f"{record.source_id}.{record.position}"


@admin.register(Record)
class RecordAdmin(ReadOnlyAdmin):
    list_display = [
        "position",
        "kind",
        "given_id",
        "outcome",
        "change",
        "reason_in_words",
        "became",
        "source",
    ]
    list_display_links = ["position", "given_id"]
    list_filter = ["outcome", "kind", "change", "awaits_parent"]
    show_facets = admin.ShowFacets.NEVER  # They would count all records six times.
    sortable_by = []
    # Shows the search box; `get_search_results` asks the index in its own way.
    search_fields = ["given_id"]
    search_help_text = _(
        "An id as given, all of it; or its beginning and an asterisk: 12*"
    )
    fieldsets = [
        (None, {"fields": ["file", "place", "kind", "given_id", "occurrence", "also"]}),
        (
            _("As given"),
            {"fields": ["given_parent", "given_status", "given_kind", "raw"]},
        ),
        (
            _("What became of it"),
            {
                "fields": [
                    "outcome",
                    "change",
                    "reason_in_words",
                    "awaits_parent",
                    "became",
                ]
            },
        ),
    ]
    readonly_fields = ["file", "place", "raw", "reason_in_words", "became"]

    class Media:
        css = {"all": ["css/archive-admin.css"]}

    def get_changelist(self, request, **kwargs):
        return RecordList

    def get_queryset(self, request):
        records = super().get_queryset(request)
        return records.select_related("source", "article", "comment").defer(
            *(f"source__{name}" for name in UNREAD_OF_SOURCE),
            *(f"article__{name}" for name in UNREAD_OF_STORY),
            *(f"comment__{name}" for name in [*UNREAD_OF_STORY, "body_html"]),
        )

    def get_search_results(self, request, queryset, search_term):
        term = search_term.replace("\0", "").strip()
        if not term:
            return queryset, False
        if term.endswith("*"):
            return queryset.filter(given_id__startswith=term[:-1]), False
        return queryset.filter(given_id=term), False

    @admin.display(description=_("source"))
    def file(self, record):
        return format_html(
            '<a href="{}"><bdi>{}</bdi></a>', change_url(record.source), record.source
        )

    @admin.display(description=_("place"))
    def place(self, record):
        words = gettext("Record %(number)s: bytes %(start)s to %(end)s")
        if not record.end:
            words = gettext("Record %(number)s: no place")
        elif record.member:
            words = gettext(
                "Record %(number)s: bytes %(start)s to %(end)s, in packed file "
                "%(member)d"
            )
        return words % {
            "number": grouped(record.position),
            "start": grouped(record.start),
            "end": grouped(record.end),
            "member": record.member + 1,
        }

    @admin.display(description=_("reason"))
    def reason_in_words(self, record):
        return told(record.reason) or self.get_empty_value_display()

    @admin.display(description=_("became"))
    def became(self, record):
        """Link to the story or comment that the record became."""
        thing = record.comment or record.article
        if thing is None:
            return "–"
        name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change"
        words = thing
        if record.comment:
            words = gettext("Comment #%(number)s") % {"number": thing.number}
        address = reverse(name, args=[thing.pk])
        return format_html('<a href="{}"><bdi>{}</bdi></a>', address, words)

    @admin.display(description=_("raw text"))
    def raw(self, record):
        """Show the record as it stands in the kept file, or say why not."""
        if not record.end:
            return gettext("It has no place of its own in the file.")
        length = record.end - record.start
        try:
            text = raw_text(record)
        except FileNotFoundError:
            return gettext(
                "The kept file is missing. Put it back from a backup: it is %(name)s "
                "among the kept sources."
            ) % {"name": record.source.file.name}
        except (OSError, EOFError, FormatError) as error:
            words = gettext("The kept file cannot be read: %(error)s")
            return words % {"error": error}
        return render_to_string(
            "admin/archive/record/raw.html",
            {
                "text": text,
                "length": length,
                "is_cut": length > MOST_BYTES_SHOWN,
                "shown": MOST_BYTES_SHOWN,
            },
        )


def raw_text(record):
    end = min(record.end, record.start + MOST_BYTES_SHOWN)
    source = record.source
    with sources_storage().open(source.file.name, "rb") as file:
        return unpacking.fragment(file, source.size, record.member, record.start, end)


class WithProvenance:
    """Shows on the page of a story or a comment from which records it came."""

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not can_see_records(request):
            return fieldsets
        return [*fieldsets, (_("Where it comes from"), {"fields": ["provenance"]})]

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), "provenance"]

    @admin.display(description=_("records"))
    def provenance(self, thing):
        kind = thing._meta.model_name
        records = (
            Record.objects.filter(kind=kind, **{kind: thing})
            .select_related("source")
            .defer(*(f"source__{name}" for name in UNREAD_OF_SOURCE))
            .order_by("-pk")[: MOST_RECORDS_SHOWN + 1]
        )
        address = reverse("admin:archive_record_changelist")
        context = {
            "records": records[:MOST_RECORDS_SHOWN],
            "all": len(records) > MOST_RECORDS_SHOWN
            and f"{address}?{kind}={thing.pk}&kind__exact={kind}",
        }
        return render_to_string("admin/archive/_provenance.html", context)
