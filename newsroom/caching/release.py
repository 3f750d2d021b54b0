"""What pages are made from, apart from the database."""

from hashlib import blake2b
from itertools import chain
from pathlib import Path

import django
from django.conf import settings

SOURCES = ("articles", "comments", "newsroom", "templates", "static", "pyproject.toml")
SETTINGS = (
    "ALLOWED_HOSTS", "CONTENT_SECURITY_POLICY", "DEBUG", "LANGUAGE_CODE",
    "PAGE_MAX_AGE", "PAGE_STALE_AGE", "SECURE_HSTS_SECONDS", "SITE_NAME", "STATIC_URL",
    "TIME_ZONE",
)  # fmt: skip
SUFFIXES = {".py", ".html", ".mo", ".css", ".js", ".svg", ".toml"}


def release() -> str:
    """Return a text that differs when the code, the templates or the settings do.

    A shared cache outlives the release that filled it, and browsers keep their copies.
    """
    digest = blake2b(django.__version__.encode(), digest_size=8)
    base = Path(settings.BASE_DIR)
    files = chain.from_iterable(
        path.rglob("*") if path.is_dir() else [path]
        for path in (base / name for name in SOURCES)
    )
    for path in sorted(files):
        if path.suffix in SUFFIXES and path.is_file():
            digest.update(path.read_bytes())
    for name in SETTINGS:
        digest.update(f"{name}={getattr(settings, name)}\n".encode())
    return digest.hexdigest()
