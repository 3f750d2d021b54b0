"""The generated archives: exact in number, the same each time, and readable."""

import functools
import gzip
import io
import json
import sys
from collections import Counter

import pytest
from lxml import etree

from newsroom.archive.formats import FORMATS, recognise
from tests.benchmarks import generate

SIZE = {"articles": 30, "comments": 600, "largest": 200, "seed": 1}
DISQUS_ID = "{http://disqus.com/disqus-internals}id"

each_format = pytest.mark.parametrize("format", ["disqus", "jsonl", "wxr"])


def written(format, **size):
    file = io.BytesIO()
    generate.write_archive(file, format, **{**SIZE, **size})
    return file.getvalue()


@functools.cache
def archive(format):
    return written(format)


def jsonl_comments(data):
    for record in map(json.loads, data.splitlines()):
        if record["type"] == "comment":
            yield record["article"], record["id"], record.get("parent")


def wxr_comments(data):
    for comment in etree.fromstring(data).iterfind(".//{*}comment"):
        parent = comment.findtext("{*}comment_parent")
        story = comment.getparent().findtext("{*}post_id")
        id = comment.findtext("{*}comment_id")
        yield story, id, None if parent == "0" else parent


def disqus_comments(data):
    for post in etree.fromstring(data).iterfind("{*}post"):
        parent = post.find("{*}parent")
        story = post.find("{*}thread").get(DISQUS_ID)
        yield (
            story,
            post.get(DISQUS_ID),
            None if parent is None else parent.get(DISQUS_ID),
        )


READERS = {"disqus": disqus_comments, "jsonl": jsonl_comments, "wxr": wxr_comments}


@each_format
def test_same_arguments_give_the_same_bytes(format):
    assert written(format) == archive(format)
    assert written(format) != written(format, seed=2)


@each_format
def test_counts_are_exact(format):
    comments = list(READERS[format](archive(format)))

    sizes = Counter(story for story, _, _ in comments)
    assert len({id for _, id, _ in comments}) == len(comments) == 600
    assert max(sizes.values()) == 200
    assert list(sizes.values()).count(200) == 1


@each_format
def test_parents_are_in_the_same_discussion(format):
    comments = list(READERS[format](archive(format)))

    story_of = {id: story for story, id, _ in comments}
    replies = [(story, parent) for story, _, parent in comments if parent]
    assert 200 < len(replies) < 320
    assert [story_of[parent] for _, parent in replies] == [
        story for story, _ in replies
    ]


def test_articles_are_exact_in_number_and_have_addresses_of_their_own():
    wxr = etree.fromstring(archive("wxr"))
    disqus = etree.fromstring(archive("disqus"))
    jsonl = [json.loads(line) for line in archive("jsonl").splitlines()]

    addresses = [item.findtext("link") for item in wxr.iterfind(".//item")]
    assert len(set(addresses)) == len(addresses) == 30
    assert [
        thread.findtext("{*}link")
        for thread in disqus.findall("{*}thread")
        if len(thread)
    ] == addresses
    assert [
        record["source_url"] for record in jsonl if record["type"] == "article"
    ] == addresses


def test_comments_say_the_same_at_the_same_time_in_each_format():
    wxr = etree.fromstring(archive("wxr"))
    disqus = etree.fromstring(archive("disqus"))
    jsonl = [json.loads(line) for line in archive("jsonl").splitlines()]

    said = sorted(
        (record["posted"], record.get("author_name", ""), record["body"])
        for record in jsonl
        if record["type"] == "comment"
    )
    assert said == sorted(
        (
            comment.findtext("{*}comment_date_gmt").replace(" ", "T") + "Z",
            comment.findtext("{*}comment_author"),
            comment.findtext("{*}comment_content").replace("&amp;", "&"),
        )
        for comment in wxr.iterfind(".//{*}comment")
    )
    assert said == sorted(
        (
            post.findtext("{*}createdAt"),
            post.findtext("{*}author/{*}name"),
            post.findtext("{*}message")[3:-4]
            .replace("</p>\n\n<p>", "\n\n")
            .replace("&amp;", "&"),
        )
        for post in disqus.iterfind("{*}post")
    )


def test_disqus_posts_come_after_the_threads_in_order_of_time():
    root = etree.fromstring(archive("disqus"))

    names = [etree.QName(element).localname for element in root]
    times = [post.findtext("{*}createdAt") for post in root.iterfind("{*}post")]
    assert names == ["category"] + ["thread"] * 30 + ["post"] * 600
    assert times == sorted(times)


@each_format
def test_importer_reads_all_of_it(format):
    file = io.BytesIO(archive(format))

    assert recognise(file) == format
    names = Counter(type(found.record).__name__ for found in FORMATS[format].read(file))
    assert names["CommentRecord"] == 600
    # A thread of Disqus without a comment is set aside.
    assert names["ArticleRecord"] + names["Unreadable"] == 30


def test_a_few_comments_come_before_their_parents():
    plan = generate.Archive(articles=1, comments=20_000, largest=20_000, seed=1)

    early = sum(parent > place for place, parent in enumerate(plan.parents, 1))
    assert 10 < early < 40


@pytest.mark.parametrize(
    ("articles", "comments", "largest"),
    [(0, 0, 0), (2, 10, 4), (2, 10, 11), (1, 10, 9), (3, -1, 0)],
)
def test_impossible_sizes_are_refused(articles, comments, largest):
    with pytest.raises(ValueError, match=f"^{articles} articles cannot share"):
        written("jsonl", articles=articles, comments=comments, largest=largest)


@pytest.mark.parametrize(
    ("articles", "comments", "largest"), [(1, 0, 0), (1, 5, 5), (3, 15, 5), (9, 3, 1)]
)
def test_smallest_and_tightest_sizes_are_met(articles, comments, largest):
    data = written("jsonl", articles=articles, comments=comments, largest=largest)

    sizes = Counter(story for story, _, _ in jsonl_comments(data))
    assert (sizes.total(), max(sizes.values(), default=0)) == (comments, largest)


def test_command_writes_a_file_gzipped_by_its_name(monkeypatch, tmp_path):
    path = tmp_path / "archive.xml.gz"
    sizes = ["--articles", "30", "--comments", "600", "--largest", "200"]
    monkeypatch.setattr(sys, "argv", ["generate.py", str(path), *sizes])

    generate.main()

    assert gzip.decompress(path.read_bytes()) == archive("wxr")
