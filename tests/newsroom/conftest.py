"""Our command line, run as a person runs it: in a process and a folder of its own."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

# What this test run was started with must not decide what a command does.
SETTINGS = (
    "ALLOWED_HOSTS",
    "CACHE_URL",
    "DATABASE_URL",
    "DEBUG",
    "DJANGO_ALLOW_ASYNC_UNSAFE",
    "HTTPS",
    "PAGE_CACHE",
    "PYTHONDONTWRITEBYTECODE",
    "SECRET_KEY",
)


@pytest.fixture(scope="session")
def start_manage():
    """Return a starter of `manage.py …` with its data in `var`: gives a Popen."""

    def start(var, *arguments, **environment):
        inherited = {k: v for k, v in os.environ.items() if k not in SETTINGS}
        return subprocess.Popen(  # noqa: S603 (our own command line)
            [sys.executable, settings.BASE_DIR / "manage.py", *arguments],
            env=inherited | {"VAR_DIR": str(var)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture(scope="session")
def manage(start_manage):
    """Return a runner of `manage.py …`: gives exit status, output and errors."""

    def run(var, *arguments, **environment):
        process = start_manage(var, *arguments, **environment)
        output, errors = process.communicate(timeout=180)
        return process.returncode, output, errors

    return run
