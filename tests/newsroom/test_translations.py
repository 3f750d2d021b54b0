"""The interface in German: every word of it, and its catalogue as compiled."""

import gettext
import os
import shutil
import subprocess

import pytest
from django.conf import settings

PARTS = ("articles", "comments", "newsroom", "templates")
GERMAN = "newsroom/locale/de/LC_MESSAGES"

pytestmark = pytest.mark.skipif(
    not (shutil.which("xgettext") and shutil.which("msgfmt")),
    reason="The programs of gettext are not there (Debian's package of that name).",
)


def _run(*command, **options):
    result = subprocess.run(  # noqa: S603 (our own catalogue)
        command, capture_output=True, text=True, check=True, **options
    )
    return result.stdout + result.stderr


def test_german_has_every_word_of_the_interface(tmp_path):
    for part in PARTS:
        shutil.copytree(settings.BASE_DIR / part, tmp_path / part)
    catalogue = tmp_path / GERMAN / "django.po"

    # What is said nowhere any more would be left out, and what is new is not yet there.
    _run(
        "django-admin", "makemessages", "--locale=de", "--no-obsolete",
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip

    counts = _run(
        "msgfmt", "--statistics", "--output-file=/dev/null", catalogue,
        env=os.environ | {"LC_ALL": "C"},
    )  # fmt: skip
    messages = (settings.BASE_DIR / GERMAN / "django.po").read_text().count("\nmsgid ")
    assert counts == f"{messages - 1} translated messages.\n"


def test_german_is_compiled_as_it_is_written(tmp_path):
    compiled = tmp_path / "django.mo"
    _run("msgfmt", "-o", compiled, settings.BASE_DIR / GERMAN / "django.po")

    catalogues = []
    for path in (compiled, settings.BASE_DIR / GERMAN / "django.mo"):
        with path.open("rb") as file:
            catalogues.append(gettext.GNUTranslations(file)._catalog)

    assert catalogues[0] == catalogues[1]
