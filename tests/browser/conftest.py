"""Real Chromium: found on the machine, never downloaded.

Where there is none these tests skip; REQUIRE_BROWSER=1 makes that a failure.
"""

import os
import shutil

import pytest
from django.conf import settings
from playwright.sync_api import expect

from newsroom.archive.importing import import_file

# A busy machine may take longer than its five seconds to show a page.
expect.set_options(timeout=20_000)
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        reason = f"No Chromium on this machine (looked for {', '.join(PROGRAMS)})."
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return {
        **browser_type_launch_args,
        "executable_path": program,
        # As root Chromium cannot make its sandbox; and it is to speak to nobody.
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture
def sample(live_server):
    """Return the sample story's address on the running site."""
    import_file(settings.BASE_DIR / "newsroom/archive/sample/xiaomi-microsoft.jsonl")
    from articles.models import Article

    return live_server.url + Article.objects.get().get_absolute_url()


@pytest.fixture
def open_page(browser, live_server):
    """Return an opener of pages that also watches what must not happen there."""
    contexts, problems = [], []

    def watch(page):
        page.on("pageerror", lambda error: problems.append(f"script: {error}"))
        page.on(
            "console",
            lambda message: (
                problems.append(f"console: {message.text}")
                if message.type == "error" and "404 (Not Found)" not in message.text
                else None
            ),
        )
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((live_server.url, "data:"))
                else problems.append(f"another host: {request.url}")
            ),
        )

    def open_(address, *, width=1280, scripts=True, scheme="light", **options):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
            color_scheme=scheme,
            **options,
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        watch(page)
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert problems == []
