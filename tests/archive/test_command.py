"""The import_archive command: what it prints, and how it fails."""

import hashlib
import io

import pytest
from django.core.management import CommandError, call_command

from articles.models import Article
from newsroom.archive.management.commands.import_archive import Command
from newsroom.archive.models import Source

CAPTURE = "Ferry to the islands sails again\n\nIt left on Monday.\n\n  • At last!\n"
HEAD = "               found  =   stored  +  already there  +  set aside"


def run(*arguments):
    """Return what the command prints for these arguments."""
    out = io.StringIO()
    call_command("import_archive", *map(str, arguments), stdout=out, no_color=True)
    return out.getvalue()


def fail(*arguments):
    """Return what the command prints, and what it ends with, when it fails."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError) as error:
        call_command(
            "import_archive",
            *map(str, arguments),
            stdout=out,
            stderr=err,
            no_color=True,
        )
    return out.getvalue(), err.getvalue(), str(error.value), error.value.returncode


def none_of(count):
    them = "it" if count == 1 else "them"
    return (
        f"{count} of {count} files could not be taken in, "
        f"and nothing of {them} was kept."
    )


def test_command_prints_the_ledger_of_the_sample(db, sample):
    sha256 = hashlib.sha256(sample.read_bytes()).hexdigest()

    printed = run(sample)

    assert printed == (
        f"{sample} (jsonl)\n"
        f"{HEAD}\n"
        "  section          1  =        1  +              0  +          0\n"
        "  author           1  =        1  +              0  +          0\n"
        "  article          1  =        1  +              0  +          0\n"
        "  comment         13  =       13  +              0  +          0\n"
        f"  Kept as source {Source.objects.get().pk}, SHA-256 {sha256}\n"
    )


def test_command_says_that_a_file_is_known(db, sample):
    run(sample)

    printed = run(sample)

    assert printed == (
        f"{sample} (jsonl)\n"
        f"{HEAD}\n"
        "  section          1  =        0  +              1  +          0\n"
        "  author           1  =        0  +              1  +          0\n"
        "  article          1  =        0  +              1  +          0\n"
        "  comment         13  =        0  +             13  +          0\n"
        "  This file was taken in before: nothing has changed.\n"
    )


def test_command_says_that_a_dry_run_wrote_nothing(db, write_capture):
    path = write_capture(CAPTURE)

    printed = run("--dry-run", path)

    assert printed == (
        f"{path} (capture)\n"
        f"{HEAD}\n"
        "  article          1  =        1  +              0  +          0\n"
        "  comment          1  =        1  +              0  +          0\n"
        "  Dry run: nothing was written.\n"
    )
    assert Source.objects.count() == 0


def test_command_says_of_a_known_file_so_in_a_dry_run_too(db, write_capture):
    path = write_capture(CAPTURE)
    run(path)

    printed = run("--dry-run", path)

    assert printed.splitlines()[-1] == (
        "  This file was taken in before: nothing has changed."
    )


def test_command_gives_the_reasons_most_frequent_first(db, write_archive):
    path = write_archive(
        {"type": "poll"}, *[{"type": "vote"}] * 2, *[{"type": "author", "id": "1"}] * 3
    )

    printed = run("--dry-run", path)

    assert printed == (
        f"{path} (jsonl)\n"
        f"{HEAD}\n"
        "  author           3  =        0  +              0  +          3\n"
        "  unknown          3  =        0  +              0  +          3\n"
        "  3 × Set aside, author: “name” is missing\n"
        "  2 × Set aside, unknown: Unknown type 'vote'\n"
        "  1 × Set aside, unknown: Unknown type 'poll'\n"
        "  Dry run: nothing was written.\n"
    )


def test_command_counts_the_reasons_it_leaves_out(db, write_archive):
    path = write_archive(*[{"type": f"kind {number}"} for number in range(15)])

    lines = run("--dry-run", path).splitlines()

    assert lines[3:] == [
        *[f"  1 × Set aside, unknown: Unknown type 'kind {n}'" for n in range(12)],
        "  … and 3 more reasons: see its records in admin",
        "  Dry run: nothing was written.",
    ]


def test_command_refuses_a_file_that_is_not_there(tmp_path):
    path = tmp_path / "nowhere.jsonl"

    assert fail(path) == ("", f"{path}: No such file or directory\n", none_of(1), 1)


def test_command_refuses_a_folder(tmp_path):
    assert fail(tmp_path) == ("", f"{tmp_path}: Is a directory\n", none_of(1), 1)


def test_command_refuses_bytes_it_cannot_read(db, tmp_path):
    path = tmp_path / "picture.jsonl"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")

    assert fail(path) == (
        "",
        f"{path}: The format was not recognised. It is none of: jsonl, wxr, disqus, "
        "capture. If it is one, name it with --format.\n",
        none_of(1),
        1,
    )


def test_command_keeps_the_good_file_and_nothing_of_the_bad_one(
    db, write_archive, write_capture, kept_files
):
    good = write_capture(CAPTURE)
    bad = write_archive({"type": "article", "id": "1", "headline": "Bridge"})
    bad.write_text(bad.read_text() + "{broken\n")

    out, err, message, code = fail(bad, good)

    assert out.splitlines()[0] == f"{good} (capture)"
    assert err[: len(f"{bad}: line 3: ")] == f"{bad}: line 3: "
    assert (message, code) == (
        "1 of 2 files could not be taken in, and nothing of it was kept.",
        1,
    )
    assert [source.name for source in Source.objects.all()] == ["capture.txt"]
    assert [story.headline for story in Article.objects.all()] == [
        "Ferry to the islands sails again"
    ]
    assert list(kept_files().values()) == [good.read_bytes()]


def test_command_refuses_an_unknown_format(write_capture):
    path = write_capture(CAPTURE)

    out, err, message, code = fail("--format=docx", path)

    assert (out, err, code) == ("", "", 1)
    assert message.replace("'", "") == (
        "Error: argument --format: invalid choice: docx "
        "(choose from auto, jsonl, wxr, disqus, capture)"
    )


def test_command_takes_a_file_in_by_the_named_format(db, write_capture):
    path = write_capture("Only a headline")

    printed = run("--format=capture", path)

    assert printed.splitlines()[:-1] == [
        f"{path} (capture)",
        HEAD,
        "  article          1  =        1  +              0  +          0",
    ]


def test_command_refuses_a_file_of_another_format_than_named(db, write_capture):
    path = write_capture(CAPTURE)

    out, err, message, code = fail("--format=jsonl", path)

    assert (out, message, code) == ("", none_of(1), 1)
    assert err == (
        f"{path}: line 1: This is not JSON (Expecting value: line 1 column 1 (char "
        "0)).\n"
    )


def test_command_ends_with_exit_code_one(tmp_path, capsys):
    path = tmp_path / "nowhere.jsonl"
    arguments = ["manage.py", "import_archive", "--skip-checks", "--no-color"]

    with pytest.raises(SystemExit) as end:
        Command().run_from_argv([*arguments, str(path)])

    assert end.value.code == 1
    assert capsys.readouterr() == (
        "",
        f"{path}: No such file or directory\nCommandError: {none_of(1)}\n",
    )
