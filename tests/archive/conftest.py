"""What tests of the archive share: files to take in, and looks at what was kept."""

import json
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from django.apps import apps
from django.conf import settings as project_settings

from newsroom.archive.importing import import_file
from newsroom.archive.models import sources_storage

HEADER = {
    "type": "archive",
    "format": "newsroom-archive",
    "version": 2,
    "origin": "example.org",
}
WXR = """\
<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
<title>Harbour News</title>
<link>https://harbour.example</link>
<wp:wxr_version>1.2</wp:wxr_version>
<wp:base_blog_url>https://harbour.example</wp:base_blog_url>
{}
</channel>
</rss>
"""
WXR_STORY = """\
<item>
<title>{title}</title>
<link>{link}</link>
<content:encoded>{body}</content:encoded>
<wp:post_id>{id}</wp:post_id>
<wp:post_type>post</wp:post_type>
<wp:status>{status}</wp:status>
{comments}
</item>"""
WXR_COMMENT = """\
<wp:comment>
<wp:comment_id>{id}</wp:comment_id>
<wp:comment_author>{author}</wp:comment_author>
<wp:comment_author_email>{email}</wp:comment_author_email>
<wp:comment_author_IP>{ip}</wp:comment_author_IP>
<wp:comment_date_gmt>{at}</wp:comment_date_gmt>
<wp:comment_content>{text}</wp:comment_content>
<wp:comment_approved>{approved}</wp:comment_approved>
<wp:comment_type>{kind}</wp:comment_type>
<wp:comment_parent>{parent}</wp:comment_parent>
<wp:commentmeta><wp:meta_key>dsq_post_id</wp:meta_key>
<wp:meta_value>{disqus}</wp:meta_value></wp:commentmeta>
</wp:comment>"""
DISQUS = """\
<?xml version="1.0" encoding="UTF-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
<category dsq:id="1"><forum>harbour</forum></category>
{}
</disqus>
"""
DISQUS_THREAD = """\
<thread dsq:id="{id}">
<forum>harbour</forum>
<link>{link}</link>
<title>{title}</title>
</thread>"""
DISQUS_POST = """\
<post dsq:id="{id}">
<id>{also}</id>
<message>{text}</message>
<createdAt>{at}</createdAt>
<isDeleted>{deleted}</isDeleted>
<isSpam>false</isSpam>
<author><name>{author}</name><email>{email}</email></author>
<ipAddress>{ip}</ipAddress>
<thread dsq:id="{thread}"/>
{parent}
</post>"""


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
def take_in(write_archive):
    """Return an importer of Newsroom archives: records in, the ledger out."""

    def take_in(*records, **header):
        return import_file(write_archive(*records, **header))

    return take_in


@pytest.fixture
def write_wxr(tmp_path):
    """Return a writer of WordPress exports: stories with `comments` in, a path out."""

    def comment(fields):
        given = {"author": "Ida", "approved": "1", "at": "2019-03-14 09:30:15"}
        names = ("email", "ip", "text", "kind", "parent", "disqus")
        return WXR_COMMENT.format(**dict.fromkeys(names, "") | given | _escaped(fields))

    def story(fields):
        fields = _escaped(fields)
        given = {
            "title": f"Story {fields['id']}",
            "link": f"https://harbour.example/?p={fields['id']}",
            "body": "It left.",
            "status": "publish",
        }
        comments = "\n".join(map(comment, fields.pop("comments", ())))
        return WXR_STORY.format(**given | fields, comments=comments)

    def write(*stories, name="wordpress.xml"):
        path = tmp_path / name
        path.write_text(WXR.format("\n".join(map(story, stories))))
        return path

    return write


@pytest.fixture
def write_disqus(tmp_path):
    """Return a writer of Disqus exports: threads with `posts` in, a path out."""

    def thread(fields):
        given = {"title": f"Thread {fields['id']}", "link": ""}
        return DISQUS_THREAD.format(**given | _escaped(fields))

    def post(fields, thread):
        given = {"author": "Ida", "at": "2019-03-14T09:30:15Z", "deleted": "false"}
        fields = _escaped(fields)
        parent = fields.pop("parent", "")
        return DISQUS_POST.format(
            **dict.fromkeys(("also", "email", "ip", "text"), "") | given | fields,
            thread=thread["id"],
            parent=f'<parent dsq:id="{parent}"/>' if parent else "",
        )

    def write(*threads, name="disqus.xml"):
        path = tmp_path / name
        posts = [post(one, thread) for thread in threads for one in thread["posts"]]
        path.write_text(DISQUS.format("\n".join([*map(thread, threads), *posts])))
        return path

    return write


def _escaped(fields):
    return {
        name: escape(value) if isinstance(value, str) else value
        for name, value in fields.items()
    }


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
