"""Taking files in at the editors' desk, and following a record there and back."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from lxml.html import fromstring

from articles.models import Article
from comments.models import Comment
from newsroom.archive import tasks
from newsroom.archive.admin import as_cell
from newsroom.archive.models import Record, Source, sources_storage
from newsroom.archive.tasks import Job, Stage

UPLOAD = "admin:archive_source_add"
SOURCES = "admin:archive_source_changelist"
RECORDS = "admin:archive_record_changelist"
MARKUP = "<script>alert(1)</script>"
BOM = "\ufeff"


@pytest.fixture(autouse=True)
def _run_at_once(settings):
    settings.TASKS = {
        "default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}
    }


@pytest.fixture
def editor(db):
    """Return a maker of editors who may do what they are given, and nothing else."""

    def make(*codenames):
        user = User.objects.create_user("ed", is_staff=True)
        found = Permission.objects.filter(codename__in=codenames)
        assert found.count() == len(codenames)
        user.user_permissions.set(found)
        return user

    return make


@pytest.fixture
def archive():
    """Return a maker of Newsroom archives: one story and its comments, as bytes."""

    def make(*comments, **story):
        header = {
            "type": "archive",
            "format": "newsroom-archive",
            "version": 1,
            "origin": "example.org",
        }
        article = {"type": "article", "id": "a", "headline": "Ferry", **story}
        records = [header, {"status": "published", **article}]
        for number, comment in enumerate(comments, 1):
            told = {"type": "comment", "id": f"c{number}", "article": "a"}
            records.append({**told, "body": "Well said.", **comment})
        return "".join(f"{json.dumps(record)}\n" for record in records).encode()

    return make


@pytest.fixture
def upload(admin_client):
    """Return a sender of files by the form: gives the page that follows."""

    def send(*files, client=admin_client, **fields):
        sent = [io.BytesIO(data) for _, data in files]
        for file, (name, _) in zip(sent, files, strict=True):
            file.name = name
        fields = {"format": "auto", **fields, "files": sent}
        return client.post(reverse(UPLOAD), fields, follow=True)

    return send


@pytest.fixture
def make_source(db):
    def make(name="a.jsonl", data=b"", **fields):
        data = data or name.encode()
        fields = {"format": "jsonl", "origin": "example.org", **fields}
        sha256 = f"{Source.objects.count():064}"
        file = sources_storage().save(sha256, ContentFile(data))
        return Source.objects.create(
            sha256=sha256, name=name, size=len(data), file=file, **fields
        )

    return make


@pytest.fixture
def make_record(make_source):
    def make(source=None, **fields):
        source = source or make_source()
        fields.setdefault("position", source.records.count() + 1)
        fields.setdefault("given_id", f"c{fields['position']}")
        fields = {
            "kind": "comment",
            "outcome": "public",
            "start": 0,
            "end": 0,
            **fields,
        }
        return Record.objects.create(source=source, digest=bytes(16), **fields)

    return make


def page_of(thing):
    name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change"
    return reverse(name, args=[thing.pk])


def start(client, source, job):
    address = reverse("admin:archive_source_run", args=[source.pk])
    return client.post(address, {"job": job}, follow=True)


def parsed(page):
    return fromstring(page.content.decode())


def text_of(page):
    return " ".join(parsed(page).find(".//main").text_content().split())


def jobs_on(page):
    return parsed(page).xpath("//button[@name='job']/@value")


def rows_on(page, heading):
    """Return the cells of a ledger on the page, as texts."""
    (region,) = parsed(page).xpath(f"//*[@aria-label='{heading}: a table']")
    rows = region.xpath(".//tbody/tr")
    return [[cell.text_content().strip() for cell in row] for row in rows]


def messages_on(page):
    return [str(message) for message in page.context["messages"]]


def told(page):
    return [
        item.text_content()
        for item in parsed(page).xpath("//ul[@class='errorlist']/li")
    ] or [
        " ".join(item.text_content().split())
        for item in parsed(page).xpath("//ul[@class='messagelist']/li")
    ]


# From a file to a comment and back


def test_file_is_uploaded_checked_taken_in_and_followed(upload, admin_client, archive):
    data = archive({"author_name": "Ana", "status": "public"}, {"type": "poem"})

    page = upload(("ferry.jsonl", data))

    source = Source.objects.get()
    assert page.redirect_chain == [(page_of(source), 302)]
    assert (source.state, source.imported_by.username) == ("waiting", "admin")
    assert Article.objects.count() == 0
    assert told(page) == [
        "“ferry.jsonl” was kept and is being checked. See ferry.jsonl."
    ]
    expected = [
        ["Article", "1", "1", "0", "0", "0", "1", "0", "0"],
        ["Comment", "1", "1", "0", "0", "0", "1", "0", "0"],
        ["Unknown", "1", "0", "0", "0", "1", "1", "0", "0"],
        ["All", "3", "2", "0", "0", "1", "3", "0", "0"],
    ]
    assert rows_on(page, "What the check found") == expected
    assert "Ana: 1" in text_of(page)
    assert "Set aside, unknown: Unknown type 'poem': 1" in text_of(page)
    assert jobs_on(page) == ["take_in", "check"]

    page = start(admin_client, source, "take_in")

    source.refresh_from_db()
    assert source.state == "done"
    assert rows_on(page, "What became of its records") == expected
    assert jobs_on(page) == ["again"]
    (link,) = parsed(page).xpath("//td/a[contains(@href, 'outcome__exact=set_aside')]")
    records = admin_client.get(link.get("href"))
    (set_aside,) = records.context["cl"].result_list
    assert (set_aside.kind, set_aside.outcome) == ("unknown", "set_aside")

    comment = Comment.objects.get()
    record = comment.records.get()
    page = admin_client.get(page_of(record))
    assert f'href="{page_of(comment)}"' in page.content.decode()
    (raw,) = parsed(page).xpath("//pre[@dir='auto']")
    assert raw.text == data.decode().splitlines()[2]
    page = admin_client.get(page_of(comment))
    assert f'href="{page_of(record)}"' in page.content.decode()
    assert "Comment c1 in ferry.jsonl: stored, public, new" in text_of(page)
    page = admin_client.get(page_of(Article.objects.get()))
    assert "Article a in ferry.jsonl: stored, public, new" in text_of(page)


def test_same_bytes_are_kept_once(upload, archive):
    upload(("a.jsonl", archive()))

    page = upload(("b.jsonl", archive()))

    assert Source.objects.get().name == "a.jsonl"
    assert told(page) == [
        "“b.jsonl” came before: the same bytes are kept already. See a.jsonl."
    ]


def test_several_files_are_taken_at_once_and_each_refused_by_itself(upload, archive):
    page = upload(
        ("a.jsonl", archive()),
        ("empty.txt", b""),
        ("b.jsonl", archive({})),
    )
    assert told(page) == ["The file is empty."]
    assert Source.objects.count() == 0

    page = upload(("a.jsonl", archive()), ("b.jsonl", archive({})))

    assert page.redirect_chain == [(reverse(SOURCES), 302)]
    assert {source.name for source in Source.objects.all()} == {"a.jsonl", "b.jsonl"}
    assert all(source.trial for source in Source.objects.all())


def test_file_of_no_known_format_is_refused_in_words(upload, archive, kept_files):
    page = upload(("blank.txt", b" \n"), ("a.jsonl", archive()))

    assert told(page) == ["“blank.txt” was refused: The file is empty."]
    assert Source.objects.get().name == "a.jsonl"
    assert messages_on(page)
    assert len(kept_files()) == 1


def test_form_without_a_file_says_so(upload):
    page = upload()

    assert told(page) == ["Choose a file."]
    assert parsed(page).xpath("//title")[0].text.strip().startswith("Error:")


def test_file_over_the_limit_is_refused_and_others_are_not(
    upload, archive, settings, kept_files
):
    small = archive()
    settings.UPLOAD_MAX_BYTES = len(small) + 10
    large = archive(*[{}] * 10)

    page = upload(("large.jsonl", large), ("small.jsonl", small))

    limit = page.context["form"].limit
    assert told(page) == [f"“large.jsonl” was refused: more than {limit}."]
    assert Source.objects.count() == 0
    page = upload(("small.jsonl", small))
    assert list(kept_files().values()) == [small]
    page = upload(("large.jsonl", large))
    assert told(page) == [f"“large.jsonl” was refused: more than {limit}."]


def test_upload_leaves_nothing_behind_but_what_is_kept(upload, archive, settings):
    upload(("a.jsonl", archive()))

    assert list(Path(settings.VAR_DIR, "uploads").iterdir()) == []


def test_broken_file_fails_with_its_reason_and_is_tried_again(upload, admin_client):
    page = upload(("a.jsonl", b'{"format": "newsroom-archive"\n'))

    source = Source.objects.get()
    assert (source.state, source.progress) == ("failed", {})
    assert source.error.startswith("line 1: This is not JSON")
    assert "This is not JSON" in text_of(page)
    assert jobs_on(page) == ["check"]
    start(admin_client, source, "check")
    source.refresh_from_db()
    assert source.state == "failed"


def test_source_is_read_again(upload, admin_client, archive):
    upload(("a.jsonl", archive({})))
    source = Source.objects.get()
    start(admin_client, source, "take_in")

    start(admin_client, source, "again")

    source.refresh_from_db()
    assert (source.state, source.records.count()) == ("done", 2)
    assert Comment.objects.count() == 1


# What may be done, and by whom


def test_anonymous_is_sent_to_log_in(client, make_source, make_record):
    record = make_record()
    addresses = [reverse(UPLOAD), reverse(SOURCES), reverse(RECORDS), page_of(record)]
    addresses += [
        reverse(f"admin:archive_source_{name}", args=[record.source_id])
        for name in ("run", "ledger", "records")
    ]

    answers = [client.get(address) for address in addresses]
    answers.append(client.post(addresses[0]))
    answers.append(client.post(addresses[4], {"job": "check"}))

    log_in = reverse("admin:login")
    assert [answer.url.split("?")[0] for answer in answers] == [log_in] * 9


def test_editor_without_the_right_cannot_upload_or_start(
    client, editor, upload, archive, make_source
):
    client.force_login(editor("view_source"))
    source = make_source(trial={"ledger": {}})

    assert client.get(reverse(UPLOAD)).status_code == 403
    assert upload(("a.jsonl", archive()), client=client).status_code == 403
    assert start(client, source, "take_in").status_code == 403
    page = client.get(page_of(source))
    assert jobs_on(page) == []
    assert "Take files in" not in client.get(reverse(SOURCES)).content.decode()
    assert [*Source.objects.values_list("pk", "state")] == [(source.pk, "waiting")]


def test_editor_with_the_right_can_upload(client, editor, upload, archive):
    client.force_login(editor("add_source", "view_source"))

    page = upload(("a.jsonl", archive()), client=client)

    assert jobs_on(page) == ["take_in", "check"]
    assert "Take files in" in client.get(reverse(SOURCES)).content.decode()


def test_records_are_for_those_who_may_see_them(
    client, editor, make_source, make_record, make_comment
):
    client.force_login(editor("view_source", "view_comment"))
    comment = make_comment()
    ledger = {"comment": {"found": 1, "public": 1}}
    record = make_record(make_source(ledger=ledger), comment=comment)

    page = client.get(page_of(record.source))
    assert parsed(page).xpath("//td/a") == []
    assert "all its records" not in text_of(page)
    assert "Where it comes from" not in text_of(client.get(page_of(comment)))
    records = reverse("admin:archive_source_records", args=[record.source_id])
    assert client.get(records).status_code == 403
    assert client.get(reverse(RECORDS)).status_code == 403
    assert client.get(page_of(record)).status_code == 403


def test_upload_and_start_need_a_token(admin_user, make_source, archive):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    source = make_source(trial={"ledger": {}})
    file = SimpleUploadedFile("a.jsonl", archive())

    answers = [
        client.post(reverse(UPLOAD), {"files": file, "format": "auto"}),
        client.post(
            reverse("admin:archive_source_run", args=[source.pk]), {"job": "check"}
        ),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    page = client.get(reverse(UPLOAD))
    token = parsed(page).xpath("//main//input[@name='csrfmiddlewaretoken']/@value")[0]
    file.seek(0)
    fields = {"files": file, "format": "auto", "csrfmiddlewaretoken": token}
    assert client.post(reverse(UPLOAD), fields).status_code == 302


def test_looking_changes_nothing(admin_client, make_source, make_record, all_rows):
    source = make_source(trial={"ledger": {}}, progress={"phase": "reading"})
    record = make_record(source)
    page_of_source = page_of(source)
    admin_client.get(page_of_source)
    before = all_rows()

    for address in (page_of_source, page_of(record), reverse(RECORDS)):
        admin_client.get(address)
    for name in ("ledger", "records"):
        address = reverse(f"admin:archive_source_{name}", args=[source.pk])
        b"".join(admin_client.get(address))
    run = reverse("admin:archive_source_run", args=[source.pk])
    assert admin_client.get(run, {"job": "check"}).status_code == 405

    assert all_rows() == before


@pytest.mark.parametrize(
    ("fields", "jobs"),
    [
        ({"trial": {"ledger": {}}}, ["take_in", "check"]),
        ({}, ["check"]),
        ({"state": "failed", "error": "No."}, ["check"]),
        ({"state": "failed", "error": "No.", "ledger": {"article": {}}}, ["again"]),
        ({"state": "done", "ledger": {"article": {}}}, ["again"]),
        ({"state": "truncated", "ledger": {"article": {}}}, ["again"]),
        # Nobody holds its lock: its worker has died.
        ({"state": "running"}, ["take_in"]),
        ({"progress": {"phase": "reading"}}, ["check"]),
    ],
)
def test_only_what_makes_sense_can_be_started(
    admin_client, make_source, monkeypatch, fields, jobs
):
    started = []
    monkeypatch.setattr(tasks, "start", lambda source, job: started.append(job))
    source = make_source(**fields)

    assert jobs_on(admin_client.get(page_of(source))) == jobs
    for job in [*Job, "nonsense", "", "\0"]:
        start(admin_client, source, job)
    assert sorted(started) == sorted(jobs)


def test_source_never_taken_in_is_deleted_with_its_file(
    admin_client, make_source, django_capture_on_commit_callbacks
):
    source = make_source()
    name = source.file.name
    address = reverse("admin:archive_source_delete", args=[source.pk])

    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(address, {"post": "yes"})

    assert Source.objects.count() == 0
    assert not sources_storage().exists(name)


@pytest.mark.parametrize("fields", [{"state": "done"}, {"ledger": {"article": {}}}, {}])
def test_source_that_was_taken_in_or_waits_is_not_deleted(
    admin_client, make_source, fields
):
    # Only just queued: a run that waits too long may be deleted.
    queued = {"phase": "queued", "since": timezone.now().isoformat()}
    source = make_source(**(fields or {"progress": queued}))
    address = reverse("admin:archive_source_delete", args=[source.pk])

    assert admin_client.post(address, {"post": "yes"}).status_code == 403
    assert sources_storage().exists(source.file.name)


def test_source_with_records_is_not_deleted(admin_client, make_record):
    record = make_record()
    address = reverse("admin:archive_source_delete", args=[record.source_id])

    assert admin_client.post(address, {"post": "yes"}).status_code == 403
    assert Source.objects.count() == 1


# How far it has come


def test_page_of_a_running_source_shows_how_far_it_is_and_loads_itself(
    admin_client, make_source, monkeypatch
):
    progress = {"phase": "reading", "done": 1536, "of": 1048576}
    source = make_source(state="running", progress=progress)
    monkeypatch.setattr(tasks, "stage_of", lambda source: Stage.RUNNING)

    page = admin_client.get(page_of(source))

    assert page["Refresh"] == "2"
    (bar,) = parsed(page).iter("progress")
    assert (bar.get("value"), bar.get("max")) == ("1536", "1048576")
    assert "Reading: 1.5\xa0KB of 1.0\xa0MB" in page.content.decode()
    assert jobs_on(page) == []
    assert "Refresh" not in admin_client.get(page_of(source), {"still": ""})


def test_page_of_a_source_that_is_done_stands_still(admin_client, make_source):
    assert "Refresh" not in admin_client.get(page_of(make_source(state="done")))


def test_source_whose_worker_died_says_so(admin_client, make_source):
    source = make_source(state="running", progress={"phase": "reading"})

    page = admin_client.get(page_of(source))

    assert "Was cut short" in text_of(page)
    assert "Refresh" not in page
    assert [b.text for b in parsed(page).xpath("//button[@name='job']")] == [
        "Try again"
    ]


def test_source_that_nobody_takes_up_says_which_command_does(admin_client, make_source):
    since = timezone.now() - timedelta(minutes=2)
    source = make_source(progress={"phase": "queued", "since": since.isoformat()})

    page = admin_client.get(page_of(source))

    assert "manage.py db_worker" in text_of(page)
    assert jobs_on(page) == ["check"]


# Hostile words


def test_names_and_reasons_with_markup_are_shown_as_text(upload, admin_client, archive):
    name = f"&lt;img src=x onerror=alert(1)&gt;{MARKUP}.jsonl".replace("/", "")
    data = archive(
        {"author_name": MARKUP, "id": MARKUP, "body": MARKUP},
        {"type": MARKUP, "id": "\u202e" + MARKUP},
        headline=MARKUP,
    )
    pages = [upload((name, data))]
    source = Source.objects.get()
    assert "<img" in source.name

    pages.append(start(admin_client, source, "take_in"))
    pages += [
        admin_client.get(page_of(thing))
        for thing in (
            *Record.objects.all(),
            *Article.objects.all(),
            *Comment.objects.all(),
        )
    ]
    pages += [admin_client.get(reverse(name)) for name in (SOURCES, RECORDS)]
    pages.append(upload((MARKUP.replace("/", ""), b" ")))
    start(admin_client, source, "again")
    Source.objects.update(state="failed", error=MARKUP, ledger={})
    pages.append(admin_client.get(page_of(source)))

    assert len(pages) == 11
    for page in pages:
        html = page.content.decode()
        assert "<img src=x" not in html
        assert MARKUP not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[0].content.decode()


@pytest.mark.parametrize("name", ["x" * 300 + ".jsonl", "ключ\u202e.jsonl", ".."])
def test_odd_file_names_are_no_harm(upload, archive, name, kept_files):
    data = archive()

    upload((name, data))

    assert list(kept_files().values()) in ([data], [])
    assert all(len(source.name) <= 255 for source in Source.objects.all())


# Records


def test_record_tells_when_its_file_is_missing(admin_client, make_source, make_record):
    source = make_source(data=b"<p>whole</p>")
    record = make_record(source, start=3, end=8)
    assert ">whole</pre>" in admin_client.get(page_of(record)).content.decode()

    sources_storage().delete(source.file.name)

    page = admin_client.get(page_of(record))
    assert "The kept file is missing. Put it back from a backup" in text_of(page)


def test_large_record_is_cut(admin_client, make_source, make_record):
    source = make_source(data=b"y" * 300_000)
    record = make_record(source, start=0, end=300_000)

    page = admin_client.get(page_of(record))

    (raw,) = parsed(page).xpath("//pre[@dir='auto']")
    assert raw.text == "y" * 100_000
    assert "The first 97.7 KB of 293.0 KB:" in text_of(page)


def test_record_without_a_place_says_so(admin_client, make_record):
    page = admin_client.get(page_of(make_record()))
    assert "It has no place of its own in the file." in text_of(page)


def listed(client, **query):
    page = client.get(reverse(RECORDS), query)
    assert page.status_code == 200
    return [record.given_id for record in page.context["cl"].result_list]


def test_records_are_filtered_and_found_by_id(admin_client, make_source, make_record):
    first, second = make_source("1"), make_source("2")
    make_record(first, given_id="12", outcome="hidden")
    make_record(first, given_id="123", change="changed", kind="article")
    make_record(second, given_id="124", outcome="set_aside", reason="No.")
    make_record(second, given_id="1_", awaits_parent=True)

    assert listed(admin_client) == ["12", "123", "124", "1_"]
    assert listed(admin_client, source=second.pk) == ["124", "1_"]
    assert listed(admin_client, kind__exact="article") == ["123"]
    assert listed(admin_client, outcome__exact="set_aside") == ["124"]
    assert listed(admin_client, change__exact="changed") == ["123"]
    assert listed(admin_client, awaits_parent__exact=1) == ["1_"]
    assert listed(admin_client, q="12") == ["12"]
    assert listed(admin_client, q="12*") == ["12", "123", "124"]
    assert listed(admin_client, q="1_*") == ["1_"]
    assert listed(admin_client, q="\0") == ["12", "123", "124", "1_"]


def test_records_are_paged_by_key_there_and_back(
    admin_client, make_source, monkeypatch
):
    from newsroom.archive.admin import RecordAdmin

    monkeypatch.setattr(RecordAdmin, "list_per_page", 2)
    sources = [make_source("1"), make_source("2")]
    for source in sources:
        Record.objects.bulk_create(
            Record(
                source=source, position=position, given_id=f"{source.name}-{position}",
                kind="comment", outcome="public", digest=b"", start=0, end=0,
            )
            for position in range(1, 4)
        )  # fmt: skip

    def walk(rel, address):
        pages = []
        while address:
            page = admin_client.get(reverse(RECORDS) + address)
            pages.append([r.given_id for r in page.context["cl"].result_list])
            links = parsed(page).xpath(f"//nav/a[@rel='{rel}']/@href")
            last, address = address, links[0] if links else ""
        return pages, last

    there = [["1-1", "1-2"], ["1-3", "2-1"], ["2-2", "2-3"]]
    pages, last = walk("next", "?kind__exact=comment")
    assert pages == there
    assert walk("prev", last)[0] == there[::-1]
    assert listed(admin_client, after="garbage") == there[0]
    assert listed(admin_client, after="9" * 18 + "." + "9" * 9) == []


@pytest.mark.parametrize("count", [1, 3])
def test_lists_and_pages_cost_the_same_for_any_number_of_rows(
    admin_client, make_source, make_record, make_comment,
    django_assert_num_queries, count,
):  # fmt: skip
    source = make_source(ledger={"comment": {"found": count}})
    comment = make_comment()
    for _ in range(count):
        make_record(source, comment=comment)
        make_source(f"{Source.objects.count()}")

    for address, queries in [
        (reverse(SOURCES), 5),
        (reverse(RECORDS), 3),
        (page_of(source), 5),
        (page_of(source.records.first()), 3),
    ]:
        with django_assert_num_queries(queries):
            assert admin_client.get(address).status_code == 200
    with django_assert_num_queries(6):
        page = admin_client.get(page_of(comment))
    assert text_of(page).count("stored, public, new") == count


def test_record_list_counts_nothing(admin_client, make_record):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make_record()
    with CaptureQueriesContext(connection) as queries:
        admin_client.get(reverse(RECORDS), {"outcome__exact": "public", "_facets": ""})
    assert not [query for query in queries if "COUNT" in query["sql"].upper()]


# Spreadsheets


def downloaded(client, name, source):
    answer = client.get(reverse(f"admin:archive_source_{name}", args=[source.pk]))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    named = f'attachment; filename="source-{source.pk}-{name}.csv"'
    assert answer["Content-Disposition"] == named
    return b"".join(answer).decode()


def test_ledger_is_downloaded(admin_client, make_source):
    counts = {"found": 3, "public": 1, "set_aside": 2, "new": 2, "unchanged": 1}
    source = make_source(ledger={"comment": counts, "article": {"found": 1}})

    assert downloaded(admin_client, "ledger", source) == (
        f"{BOM}kind,found,public,hidden,linked,set_aside,new,changed,unchanged\r\n"
        "article,1,0,0,0,0,0,0,0\r\n"
        "comment,3,1,0,0,2,2,0,1\r\n"
    )


def test_records_are_downloaded_in_order_and_as_text(
    admin_client, make_source, make_record, make_comment, monkeypatch
):
    monkeypatch.setattr("newsroom.archive.admin.BATCH", 1)
    source, comment = make_source(), make_comment()
    make_record()
    make_record(source, position=2, outcome="set_aside", reason='=cmd|"x"!A1')
    make_record(source, position=1, given_id="-7", comment=comment, end=9)

    assert downloaded(admin_client, "records", source) == (
        f"{BOM}position,kind,given_id,occurrence,given_parent,awaits_parent,"
        "given_status,given_kind,also,outcome,change,reason,article,comment,member,"
        "start,end\r\n"
        f"1,comment,'-7,1,,False,,,,public,new,,,{comment.pk},0,0,9\r\n"
        '2,comment,c2,1,,False,,,,set_aside,new,"\'=cmd|""x""!A1",,,0,0,0\r\n'
    )


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n", " =1", "＝1", "|x", "%x"]
)
def test_formula_becomes_text(text):
    assert as_cell(text) == f"'{text}"


def test_what_is_no_formula_stays():
    cells = ["c-1", "a=b", "", 0, -1, None, "Ferry, “sunk”"]
    assert [as_cell(cell) for cell in cells] == cells
    written = io.StringIO()
    csv.writer(written).writerow(["a"])
    assert written.getvalue() == "a\r\n"
