"""Newsroom's command line: `uv run manage.py help` lists the commands."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 (an old Python is what this line is for)
    sys.exit(
        "Newsroom needs Python 3.11 or newer; this is Python {}.{}. Install a newer "
        "one, or let uv bring it: uv run --python 3.13 manage.py {}".format(
            *sys.version_info[:2], " ".join(sys.argv[1:])
        )
    )


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
    except ModuleNotFoundError:
        sys.exit(
            "Newsroom's packages are not in this Python. Run it in its environment: "
            "uv run manage.py " + " ".join(sys.argv[1:])
        )
    from django.core.management import execute_from_command_line

    from newsroom.postgres.errors import DatabaseUnavailable

    try:
        execute_from_command_line(sys.argv)
    except (DatabaseUnavailable, ImproperlyConfigured) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
