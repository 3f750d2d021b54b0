"""An editor takes a file in and follows it, with the worker in its own thread."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth import get_user_model
from django.core.management import call_command
from playwright.sync_api import expect

from newsroom.archive import tasks
from newsroom.archive.models import Source

MARKUP = "<script>alert(1)</script>"
LINES = [
    {"type": "archive", "format": "newsroom-archive", "version": 1, "origin": "x.net"},
    {
        "type": "article",
        "id": "ferry",
        "headline": "The ferry sank",
        "status": "published",
        "body": "<p>At night.</p>",
    },
    {
        "type": "comment",
        "id": "c1",
        "article": "ferry",
        "author_name": f"Ana {MARKUP}",
        "body": "How sad",
        "status": "public",
    },
    {"type": MARKUP, "id": MARKUP},
]
ARCHIVE = "".join(f"{json.dumps(line)}\n" for line in LINES).encode()
PHONE, DESKTOP = {"width": 390, "scheme": "light"}, {"width": 1280, "scheme": "dark"}


@pytest.fixture
def sign_in(open_page, live_server):
    """Return an opener of admin for an editor, on a screen of a width."""
    password = "correct-horse"  # noqa: S105 (of an account that lives for one test)

    def open_(**options):
        get_user_model().objects.create_superuser("editor", password=password)
        page = open_page(f"{live_server.url}/admin/archive/source/", **options)
        page.get_by_label("Username").fill("editor")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        return page

    return open_


def assert_no_sideways_scrolling(page):
    # A click is over when the next page begins, which then has no element yet.
    page.wait_for_load_state()
    overflow = "document.documentElement.scrollWidth - innerWidth"
    assert page.evaluate(overflow) <= 0, page.url


def assert_accessible(page):
    """Check the content of the page: what is around it is Django's."""
    page.wait_for_load_state()
    found = Axe().run(page, context="#content").response["violations"]
    nodes = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
    assert (page.url, nodes) == (page.url, [])
    assert_no_sideways_scrolling(page)


def work():
    call_command("db_worker", batch=True, startup_delay=False, verbosity=0)


@pytest.mark.parametrize(
    ("options", "check"),
    [
        # Axe writes styles into the page it looks at, which the policy forbids.
        ({**PHONE, "bypass_csp": True}, assert_accessible),
        ({**DESKTOP, "bypass_csp": True}, assert_accessible),
        (PHONE, assert_no_sideways_scrolling),
    ],
    ids=["phone", "desktop", "policy"],
)
def test_editor_takes_a_file_in_and_follows_it(sign_in, options, check):
    page = sign_in(**options)
    page.get_by_role("link", name="Take files in").click()
    check(page)
    file = {"name": f"{MARKUP[1:8]}.jsonl", "mimeType": "", "buffer": ARCHIVE}
    page.get_by_label("Files:").set_input_files([file])
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("heading", name="Waits for its turn")).to_be_visible()
    page.get_by_role("link", name="Let it stand still").click()
    anew = page.get_by_role("link", name="let the page load itself anew")
    expect(anew).to_be_visible()
    check(page)
    anew.click()

    work()

    # The page loads itself anew; nobody touches it.
    expect(page.get_by_role("heading", name="What the check found")).to_be_visible()
    check(page)
    page.get_by_role("button", name="Take it in").click()
    page.get_by_role("link", name="Let it stand still").click()
    expect(anew).to_be_visible()
    work()
    page.get_by_role("link", name="See how far it has come").click()
    expect(page.get_by_role("heading", name="Taken in", exact=True)).to_be_visible()
    check(page)

    table = page.get_by_role("region", name="What became of its records: a table")
    table.get_by_role("row", name="Comment").get_by_role("link").first.click()
    check(page)
    page.get_by_role("link", name="c1").click()
    expect(page.locator("pre")).to_contain_text(MARKUP)
    check(page)
    page.get_by_role("link", name="Comment #1").click()
    # Its scripts move things until then.
    page.wait_for_load_state()
    provenance = page.get_by_role("group", name="Where it comes from")
    provenance.get_by_role("link", name="Comment c1").click()
    expect(page.locator("pre")).to_contain_text("How sad")


def test_editor_without_scripts_takes_a_file_in(sign_in, settings):
    settings.TASKS = {
        "default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}
    }
    page = sign_in(scripts=False)
    page.get_by_role("link", name="Take files in").click()
    page.get_by_label("Files:").set_input_files(
        [{"name": "a.jsonl", "mimeType": "", "buffer": ARCHIVE}]
    )
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_role("button", name="Take it in").click()
    expect(page.get_by_role("heading", name="Taken in", exact=True)).to_be_visible()


@pytest.mark.parametrize("options", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_what_goes_wrong_is_told(sign_in, options):
    page = sign_in(**options, bypass_csp=True)
    page.get_by_role("link", name="Take files in").click()
    page.get_by_role("button", name="Upload and check").click()
    expect(page.locator(".errorlist")).to_have_text("Choose a file.")
    assert_accessible(page)
    file = {"name": "a.jsonl", "mimeType": "", "buffer": ARCHIVE + b"{\n"}
    page.get_by_label("Files:").set_input_files([file])
    page.get_by_role("button", name="Upload and check").click()
    work()
    expect(page.get_by_role("heading", name="Failed")).to_be_visible()
    expect(page.locator(".errornote")).to_contain_text("line 5: This is not JSON")
    assert_accessible(page)
    for progress in (
        {"phase": "reading"},
        {"phase": tasks.QUEUED, "since": "2026-01-01T00:00Z"},
    ):
        Source.objects.update(state="waiting", error="", progress=progress)
        page.reload()
        expect(page.locator(".errornote")).to_be_visible()
        assert_accessible(page)
