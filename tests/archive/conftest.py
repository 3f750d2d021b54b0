"""What tests of the archive share: files to take in, and looks at what was kept."""

import json
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as project_settings

from newsroom.archive.models import sources_storage

HEADER = {
    "type": "archive",
    "format": "newsroom-archive",
    "version": 1,
    "origin": "example.org",
}


@pytest.fixture
def write_archive(tmp_path):
    """Return a writer of Newsroom archives: records in, the file's path out."""

    def write(*records, name="archive.jsonl", **header):
        path = tmp_path / name
        lines = [json.dumps(record) for record in [{**HEADER, **header}, *records]]
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


@pytest.fixture
def write_capture(tmp_path):
    def write(text, name="capture.txt"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.fixture
def sample():
    base = Path(project_settings.BASE_DIR)
    return base / "newsroom" / "archive" / "sample" / "xiaomi-microsoft.jsonl"


@pytest.fixture
def seed():
    folder = Path(project_settings.BASE_DIR).parent / "shared" / "seed"
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        pytest.skip("the seed capture is not on this machine")
    return paths[0]


@pytest.fixture
def all_rows(db):
    """Return a reader of every row of every table, to compare before and after."""

    def read():
        return {
            model._meta.db_table: list(model._base_manager.order_by("pk").values_list())
            for model in apps.get_models(include_auto_created=True)
        }

    return read


@pytest.fixture
def kept_files():
    """Return a reader of the kept files: their bytes by their name in the storage."""

    def read():
        root = Path(sources_storage().location)
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file()
        }

    return read
