"""The editors' desk in German: its pages, its messages, and what stays in English."""

import gettext
import json
import re
from io import BytesIO, StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.urls import reverse
from django.utils import translation
from lxml.html import fromstring

from articles.models import Article, Author, Byline, Section, Topic
from comments.models import Comment, Discussion
from newsroom.archive.models import Record, Source

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
SHOWN = "//body//text()[not(ancestor::script or ancestor::pre)]"
SAID = (
    "//title/text() | //@aria-label | //input[@type='submit']/@value | //@data-refusal"
)

HEADER = {
    "type": "archive",
    "format": "newsroom-archive",
    "version": 1,
    "origin": "x.net",
}
STORY = {"type": "article", "id": "a", "headline": "Fähre", "status": "published"}
REMARK = {"type": "comment", "article": "a", "body": "Ach", "author_name": "Jo"}
FILE = [
    HEADER,
    STORY,
    {**REMARK, "id": "c1", "status": "public"},
    {**REMARK, "id": "c2", "parent": "c1", "reply_basis": "given"},
    {"type": "section", "id": "s", "name": "Hafen"},
    {"type": "section", "id": "s", "name": "Hafen"},
    {"type": "poem"},
]


@pytest.fixture
def german(settings, monkeypatch):
    settings.LANGUAGE_CODE, settings.USE_I18N = "de", True
    settings.TASKS = {
        "default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}
    }
    # Whether there are translations is asked once in a process.
    monkeypatch.setattr(translation, "_trans", type(translation._trans)())
    with translation.override("de"):
        yield


@pytest.fixture
def upload(admin_client):
    """Return a sender of lines as a file by the form: gives the page that follows."""

    def send(*lines):
        file = BytesIO(
            "".join(f"{json.dumps(line)}\n" for line in lines).encode() or b" "
        )
        file.name = "a.jsonl"
        fields = {"format": "auto", "files": file}
        return admin_client.post(address("add", Source), fields, follow=True)

    return send


def address(action, thing):
    name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_{action}"
    return reverse(name, args=[] if isinstance(thing, type) else [thing.pk])


def texts_of(page):
    """Return what a page says, text by text, without a colon at the end."""
    found = fromstring(page.content.decode()).xpath(f"{SHOWN} | {SAID}")
    return {" ".join(text.split()).rstrip(":") for text in found} - {""}


def english_words(settings):
    """Return a pattern of all that would be in English if it were not translated."""
    path = settings.BASE_DIR / "newsroom/locale/de/LC_MESSAGES/django.mo"
    with path.open("rb") as file:
        catalogue = gettext.GNUTranslations(file)._catalog
    german = {told.casefold() for told in catalogue.values()}
    words = []
    for english in catalogue:
        # Also a plural's first form, and what is said in a context.
        said = english[0] if isinstance(english, tuple) else english
        said = said.rpartition("\x04")[2]
        if said and said.casefold() not in german:
            parts = map(re.escape, PLACEHOLDER.split(said.rstrip(":")))
            words.append("(?:.+)".join(parts))
    return re.compile("|".join(words), re.IGNORECASE)


def test_desk_says_nothing_in_english(admin_client, german, settings, upload):
    uploaded = upload(*FILE)
    source = Source.objects.get()
    run = reverse("admin:archive_source_run", args=[source.pk])
    taken = admin_client.post(run, {"job": "take_in"}, follow=True)
    article = Article.objects.get()
    article.revise(note="As it was taken in")
    names = [model.objects.create(name="Ö", slug="o") for model in (Topic, Author)]
    Byline.objects.create(article=article, author=names[-1])
    things = [article, article.discussion, source, Section.objects.get(), *names]
    things += [*Comment.objects.all(), *Record.objects.all()]
    models = [Article, Author, Comment, Discussion, Record, Section, Source, Topic]
    addresses = [
        reverse("admin:index"),
        address("add", Article),
        address("add", Source),
        address("history", source),
        *(address("changelist", model) for model in models),
        *(address("change", thing) for thing in things),
    ]

    pages = [uploaded, taken, *map(admin_client.get, addresses)]

    assert [page.status_code for page in pages] == [200] * len(pages)
    said = set().union(*map(texts_of, pages))
    english = english_words(settings)
    assert [text for text in sorted(said) if english.fullmatch(text)] == []
    assert {"Überschrift", "Dateien übernehmen", "Zurückgestellt"} <= said
    assert "Seine Kennung steht zweimal in der Datei" in said


def test_desk_answers_in_german(admin_client, german, upload, make_comment):
    comment = make_comment(status="pending")
    changes = [("withdraw", comment.discussion.article), ("approve", comment)]

    refused = upload()
    acted = [
        admin_client.post(
            address("changelist", type(thing)),
            {"action": action, "_selected_action": [thing.pk]},
            follow=True,
        )
        for action, thing in changes
    ]
    stuck = admin_client.post(address("change", comment), {"parent": comment.pk})

    assert "„a.jsonl“ wurde abgelehnt: Die Datei ist leer." in texts_of(refused)
    messages = [str(told) for page in acted for told in page.context["messages"]]
    assert messages == ["Zurückgezogen: 1.", "Öffentlich: 1."]
    assert stuck.context["adminform"].form.errors["parent"] == [
        "Ein Kommentar kann weder auf sich selbst noch auf seine eigenen Antworten "
        "antworten."
    ]


def test_what_is_kept_is_in_english(admin_client, german, upload):
    upload(*FILE, {**STORY, "id": "b", "headline": "x" * 501})
    source = Source.objects.get()
    run = reverse("admin:archive_source_run", args=[source.pk])
    admin_client.post(run, {"job": "take_in"})
    admin_client.post(address("change", Discussion.objects.get()), {"policy": "open"})

    source.refresh_from_db()
    twice, poem = "Its id is used twice in the file", "Unknown type 'poem'"
    too_long = "headline: Ensure this value has at most 500 characters (it has 501)."
    reasons = source.records.exclude(reason="").order_by("position")
    assert [*reasons.values_list("reason", flat=True)] == [twice, poem, too_long]
    assert {*source.trial["reasons"]} == {
        f"Set aside, section: {twice}",
        f"Set aside, unknown: {poem}",
        f"Set aside, article: {too_long}",
        "Stored, hidden, comment: as its record says",
    }
    log = LogEntry.objects.order_by("pk").values_list("object_repr", "change_message")
    assert [*log] == [
        ("a.jsonl", "Uploaded."),
        ("a.jsonl", "Take in."),
        ("Discussion of “Fähre”", '[{"changed": {"fields": ["Policy"]}}]'),
    ]


def test_spreadsheets_and_commands_speak_english(admin_client, german, upload):
    upload(*FILE)
    source = Source.objects.get()
    output = StringIO()

    call_command("import_archive", again=[source.pk], stdout=output)

    ledger = reverse("admin:archive_source_ledger", args=[source.pk])
    assert b"".join(admin_client.get(ledger)).decode().splitlines() == [
        "\ufeffkind,found,public,hidden,linked,set_aside,new,changed,unchanged",
        "section,2,1,0,0,1,2,0,0",
        "article,1,1,0,0,0,1,0,0",
        "comment,2,1,1,0,0,2,0,0",
        "unknown,1,0,0,0,1,1,0,0",
    ]
    head, *rows = (line.split() for line in output.getvalue().splitlines()[1:-1])
    assert " ".join(head).endswith("set aside new changed unchanged")
    assert [row[0] for row in rows[:4]] == ["section", "article", "comment", "unknown"]
    assert [" ".join(row) for row in rows[4:]] == [
        "1 × Set aside, section: Its id is used twice in the file",
        "1 × Set aside, unknown: Unknown type 'poem'",
        "1 × Stored, hidden, comment: as its record says",
    ]
