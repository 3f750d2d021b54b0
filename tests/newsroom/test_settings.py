"""Settings, read anew at each start."""

import pytest

DATABASE_URL = "postgresql://me:pw@db.example/news"
SECRET_KEY = "long-random-text-" * 4


@pytest.mark.parametrize(
    "environment",
    [{}, {"DATABASE_URL": DATABASE_URL, "SECRET_KEY": SECRET_KEY}],
    ids=["embedded", "external"],
)
def test_deployment_check_is_clean(manage, tmp_path, environment):
    result = manage(
        tmp_path, "check", "--deploy", "--fail-level", "WARNING", **environment
    )

    assert result == (0, "System check identified no issues (0 silenced).\n", "")


def test_check_starts_no_database_and_keeps_the_secret_key(manage, tmp_path):
    manage(tmp_path, "check")
    key = (tmp_path / "secret-key").read_text()

    manage(tmp_path, "check")

    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]
    assert (tmp_path / "secret-key").read_text() == key
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0
    assert len(key) >= 50


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (
            {"DATABASE_URL": DATABASE_URL},
            "SECRET_KEY is not set. With DATABASE_URL it is required: a long random "
            "text, the same for every process of the site.\n",
        ),
        (
            {"DATABASE_URL": "sqlite:///news.db", "SECRET_KEY": SECRET_KEY},
            "DATABASE_URL must start with postgresql:// (Newsroom runs on "
            "PostgreSQL).\n",
        ),
        (
            {"DEBUG": "perhaps"},
            'Setting cannot be read: Environment variable "DEBUG" invalid: Not a valid '
            "boolean.\n",
        ),
        (
            {"DATABASE_POOL_SIZE": "many"},
            "Setting cannot be read: Environment variable "
            '"DATABASE_POOL_SIZE" invalid: Not a valid integer.\n',
        ),
        (
            {"CACHE_URL": "foo://host"},
            'Setting cannot be read: Environment variable "CACHE_URL" invalid: Unknown '
            'backend: "foo"\n',
        ),
        (
            {"PAGE_CACHE": "-1"},
            'Setting cannot be read: Environment variable "PAGE_CACHE" invalid: '
            "['Must be greater than or equal to 0.']\n",
        ),
        (
            {"TIME_ZONE": "Mars/Base"},
            "Setting cannot be read: 'No time zone found with key Mars/Base'\n",
        ),
    ],
)
def test_wrong_setting_stops_the_start_in_one_line(
    manage, tmp_path, environment, message
):
    assert manage(tmp_path, "check", **environment) == (1, "", message)


def test_unwritable_folder_is_said_in_one_line(manage, tmp_path):
    # Root may write anywhere but below a file.
    file = tmp_path / "file"
    file.touch()

    result = manage(file / "var", "quickstart", "--no-serve")

    assert result == (
        1,
        "",
        f"{file}/var is not writable (Not a directory). Give this account the folder, "
        "or set VAR_DIR to one it may write to.\n",
    )


def test_unreachable_database_is_said_in_one_line(manage, tmp_path):
    address = "postgresql://me:secret@127.0.0.1:1/news"

    result = manage(tmp_path, "quickstart", DATABASE_URL=address, SECRET_KEY=SECRET_KEY)

    assert result == (
        1,
        "",
        'The database "news" at 127.0.0.1:1 (user "me") cannot be used: no server '
        "listens there.\n",
    )


@pytest.mark.parametrize(
    ("environment", "printed"),
    [
        ({}, "5 False\n"),
        ({"DATABASE_PREPARES": "0", "SITE_LANGUAGE": "de"}, "None True\n"),
    ],
    ids=["by default", "changed"],
)
def test_what_costs_time_is_left_out_where_it_can_be(
    manage, tmp_path, environment, printed
):
    question = (
        "from django.conf import settings;"
        "options = settings.DATABASES['default']['OPTIONS'];"
        "print(options['prepare_threshold'], settings.USE_I18N)"
    )

    answer = manage(tmp_path, "shell", "-v0", "-c", question, **environment)

    assert answer == (0, printed, "")
