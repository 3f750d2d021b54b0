"""The import_archive command: what it prints, and how it fails."""

import hashlib
import io

import pytest
from django.core.management import CommandError, call_command

from articles.models import Article
from newsroom.archive.management.commands.import_archive import Command
from newsroom.archive.models import Source

CAPTURE = "Ferry to the islands sails again\n\nIt left on Monday.\n\n  • At last!\n"
HEAD = (
    "                   found =    public +    hidden +    linked + set aside"
    "          new   changed unchanged"
)


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


def row(kind, found, public=0, set_aside=0):
    """Return the line of a kind of records, all of them new."""
    return (
        f"  {kind:10}  {found:>10} ={public:>10} +{0:>10} +{0:>10} +{set_aside:>10}"
        f"   {found:>10}{0:>10}{0:>10}"
    )


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
        f"{row('section', 1, public=1, set_aside=0)}\n"
        f"{row('author', 1, public=1, set_aside=0)}\n"
        f"{row('article', 1, public=1, set_aside=0)}\n"
        f"{row('comment', 13, public=13, set_aside=0)}\n"
        f"  Kept as source {Source.objects.get().pk}, SHA-256 {sha256}\n"
    )


def test_command_says_that_a_file_is_known(db, sample):
    run(sample)

    printed = run(sample)

    assert printed == (
        f"{sample} (jsonl)\n"
        f"{HEAD}\n"
        f"{row('section', 1, public=1, set_aside=0)}\n"
        f"{row('author', 1, public=1, set_aside=0)}\n"
        f"{row('article', 1, public=1, set_aside=0)}\n"
        f"{row('comment', 13, public=13, set_aside=0)}\n"
        "  This file was taken in before: nothing has changed.\n"
    )


def test_command_says_that_a_dry_run_wrote_nothing(db, write_capture):
    path = write_capture(CAPTURE)

    printed = run("--dry-run", path)

    assert printed == (
        f"{path} (capture)\n"
        f"{HEAD}\n"
        f"{row('article', 1, public=1, set_aside=0)}\n"
        f"{row('comment', 1, public=1, set_aside=0)}\n"
        "  States: 1 public\n"
        "  Most frequent authors: unnamed (1)\n"
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
        f"{row('author', 3, public=0, set_aside=3)}\n"
        f"{row('unknown', 3, public=0, set_aside=3)}\n"
        "  3 × Set aside, author: “name” is missing\n"
        "  2 × Set aside, unknown: Unknown type 'vote'\n"
        "  1 × Set aside, unknown: Unknown type 'poll'\n"
        "  Dry run: nothing was written.\n"
    )


def test_command_counts_the_reasons_it_leaves_out(db, write_archive):
    path = write_archive(*[{"type": f"kind {number}"} for number in range(15)])

    lines = run("--dry-run", path).splitlines()

    assert lines[3:] == [
        *[
            f"  1 × Set aside, unknown: Unknown type 'kind {n}'"
            for n in sorted(range(15), key=str)[:12]
        ],
        "  … and 3 more reasons: see its records in admin",
        "  Dry run: nothing was written.",
    ]


def test_command_refuses_a_file_that_is_not_there(tmp_path):
    path = tmp_path / "nowhere.jsonl"

    assert fail(path) == ("", f"{path}: No such file or directory\n", none_of(1), 1)


def test_command_refuses_a_folder_without_an_archive(tmp_path):
    path = tmp_path / "archive.jsonl"

    assert fail(tmp_path) == ("", f"{path}: No such file or directory\n", none_of(1), 1)


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
        row("article", 1, public=1),
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


def test_command_takes_the_archive_in_a_folder(db, write_archive, tmp_path):
    path = write_archive({"type": "article", "id": "1", "headline": "Bridge"})

    assert run(tmp_path).splitlines()[0] == f"{path} (jsonl)"
    assert Article.objects.get().headline == "Bridge"


def test_command_tells_what_a_dry_run_found_out(db, write_archive):
    given = {"type": "comment", "article": "1", "body": "Wet."}
    path = write_archive(
        {"type": "article", "id": "1", "headline": "Bridge"},
        {**given, "id": "1", "author_name": "Ida", "posted": "2019-03-14T09:30Z"},
        {**given, "id": "2", "author_name": "Ida", "posted": "2018"},
        {**given, "id": "3", "status": "public"},
    )

    assert run("--dry-run", path).splitlines()[-4:] == [
        "  States: 2 hidden, 1 public",
        "  From 2018-01-01 to 2019-03-14",
        "  Most frequent authors: Ida (2), unnamed (1)",
        "  Dry run: nothing was written.",
    ]


def test_command_reads_a_source_again(db, write_archive):
    run(write_archive({"type": "article", "id": "1", "headline": "Bridge"}))
    source = Source.objects.get()

    printed = run("--again", source.pk)

    assert printed == (
        f"Source {source.pk} (jsonl)\n"
        f"{HEAD}\n"
        f"  article              1 ={0:>10} +{1:>10} +{0:>10} +{0:>10}"
        f"   {0:>10}{0:>10}{1:>10}\n"
        "  1 × Stored, hidden, article: as it is here\n"
        f"  Kept as source {source.pk}, SHA-256 {source.sha256}\n"
    )


def test_command_refuses_a_source_that_is_not_there(db):
    assert fail("--again", 7) == (
        "",
        "Source 7: There is no such source.\n",
        none_of(1),
        1,
    )


def test_command_wants_a_file_or_a_source():
    assert fail() == ("", "", "Name a file, or a source with --again.", 1)


def test_command_takes_in_what_is_whole_of_a_cut_file(db, write_wxr):
    path = write_wxr({"id": "1", "comments": [{"id": "1"}]}, {"id": "2"})
    path.write_text(path.read_text().partition("<wp:post_id>2")[0])

    out, err, message, code = fail(path)

    assert (err, message, code) == (
        "",
        "1 of 1 files could not be read to their end.",
        3,
    )
    assert Source.objects.get().state == "truncated"
    [why] = [line for line in out.splitlines() if "ends early" in line]
    assert why == f"  The file ends early: {Source.objects.get().ends_early}"
    assert [story.headline for story in Article.objects.all()] == ["Story 1"]
