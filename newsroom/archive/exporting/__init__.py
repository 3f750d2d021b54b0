"""Writing the archive out into a folder that says what it holds and proves it.

The folder has `archive.jsonl` or `wordpress.xml`, if asked for the files that were
taken in, as they came, and `manifest.json`: what was selected, how much there is, and
the SHA-256 and size of each file. It gets its name when it is whole.
"""

import gzip
import hashlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.utils import timezone

from newsroom.archive.exporting import jsonl, wxr
from newsroom.archive.exporting.jsonl import time_text
from newsroom.archive.exporting.selection import Selection, one_moment
from newsroom.archive.models import Source, sources_storage

FORMATS = ("jsonl", "wxr")
_NAMES = {"jsonl": "archive.jsonl", "wxr": "wordpress.xml"}
_CHUNK = 1024 * 1024


class ExportError(Exception):
    """The export cannot be made. Says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be written, and how."""

    selection: Selection = field(default_factory=Selection)
    format: str = "jsonl"
    is_packed: bool = False
    with_sources: bool = False
    origin: str = ""
    site_url: str = ""

    @property
    def file_name(self) -> str:
        return _NAMES[self.format] + (".gz" if self.is_packed else "")

    def parts(self):
        """Yield what the file is made of: pieces of text, each with what it is."""
        if self.format == "wxr":
            return wxr.parts(self.selection, self.site_url)
        return jsonl.parts(self.selection, self.origin)

    def total(self) -> int:
        """Return how much there is to write, in the units that `export` tells of."""
        chosen = self.selection
        rows = [
            chosen.sections(),
            chosen.topics(),
            chosen.authors(),
            chosen.articles(),
            chosen.comments(),
        ]
        if self.format == "jsonl":
            rows += [chosen.sources(), chosen.records()]
        if self.with_sources:
            rows.append(chosen.sources())
        return sum(some.count() for some in rows)

    def in_manifest(self) -> dict[str, Any]:
        selected = {"everything": self.selection.is_everything}
        if self.selection.slugs:
            selected["articles"] = list(self.selection.slugs)
        if self.selection.since:
            selected["since"] = time_text(self.selection.since)
        if self.format == "wxr":
            return {"format": "wxr", "version": wxr.VERSION, "selected": selected}
        return {
            "format": "newsroom-archive",
            "version": jsonl.VERSION,
            "origin": self.origin,
            "selected": selected,
        }


def export(
    folder: Path, wanted: Wanted, tell: Callable[[str], None] = lambda kind: None
) -> dict[str, Any]:
    """Write the archive into a new or empty folder; return its manifest.

    `tell` is called with the kind of each thing that was written. Raises ExportError,
    or OSError; then the folder is as it was.
    """
    folder = folder.absolute()
    refuse_unless_free(folder)
    if unknown := wanted.selection.unknown_slugs():
        raise ExportError(f"No story has the address “{unknown[0]}”.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Drafts and hidden comments are in it, so nobody else may read it: mkdtemp's way.
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with one_moment():
            manifest = _write(draft, wanted, tell)
        _write_manifest(draft, manifest)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return manifest


def refuse_unless_free(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise ExportError(f"{folder} is there and is no folder.")
    if folder.exists() and any(folder.iterdir()):
        raise ExportError(f"{folder} is not empty. Name a folder that is new or empty.")


def _write(folder: Path, wanted: Wanted, tell: Callable[[str], None]) -> dict[str, Any]:
    exported: datetime = timezone.now()
    counts: Counter = Counter()
    files = {}
    with _Written(folder / wanted.file_name) as file:
        with ExitStack() as stack:
            target = file
            if wanted.is_packed:
                target = stack.enter_context(_packed(file))
            for kind, text in wanted.parts():
                target.write(text.encode())
                if kind and kind != "archive":
                    counts[kind] += 1
                    tell(kind)
        files[wanted.file_name] = file.in_manifest()
    if wanted.with_sources:
        for source in wanted.selection.sources().iterator():
            files[f"sources/{source.sha256}"] = _copy(source, folder / "sources")
            tell("source")
    return wanted.in_manifest() | {
        "exported": time_text(exported),
        "counts": dict(counts),
        "files": files,
    }


def _packed(file: BinaryIO) -> gzip.GzipFile:
    """Return a writer of gzip; without name and time, the same comes to the same."""
    return gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0)


class _Written:
    """A new file that is hashed as it is written, and on the disk when it is closed."""

    def __init__(self, path: Path):
        self.file = path.open("xb")
        self.hash, self.size = hashlib.sha256(), 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        with self.file:
            self.file.flush()
            os.fsync(self.file.fileno())

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        self.size += len(data)
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()

    def in_manifest(self) -> dict[str, Any]:
        return {"sha256": self.hash.hexdigest(), "size": self.size}


def _copy(source: Source, folder: Path) -> dict[str, Any]:
    """Copy a kept file; a copy that is not what came would be worse than none."""
    folder.mkdir(mode=0o700, exist_ok=True)
    storage = sources_storage()
    if not source.file or not storage.exists(source.file.name):
        raise ExportError(
            f"The file of source {source.pk}, “{source.name}”, is not in the storage. "
            "verify_archive tells what else is missing; without --with-sources the "
            "rest can be exported."
        )
    with storage.open(source.file.name) as kept, _Written(folder / source.sha256) as to:
        while data := kept.read(_CHUNK):
            to.write(data)
    if to.hash.hexdigest() != source.sha256:
        raise ExportError(
            f"The file of source {source.pk}, “{source.name}”, is no longer what came. "
            "Restore it from a backup; without --with-sources the rest can be exported."
        )
    return to.in_manifest()


def _write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    with _Written(folder / "manifest.json") as file:
        file.write(text.encode())
