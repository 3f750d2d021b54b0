"""How feeds are written: Atom with the threading of RFC 4685, and JSON Feed 1.1.

What an item has beside Django's own arguments: `language`; `authors`, names;
`summary`, plain text; `html`, its text; `in_reply_to`, a dict of `id` and `url`;
`replies`, a dict of the addresses of its discussion's feeds, their `count` and when
they were `updated`.
"""

import json
import re
from datetime import UTC, datetime

from django.utils.feedgenerator import Atom1Feed, SyndicationFeed, rfc3339_date
from django.utils.xmlutils import SimplerXMLGenerator

# All that XML 1.0 can hold; the rest of what a database may hold is left out.
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
THREADS = "http://purl.org/syndication/thread/1.0"
# When an empty feed was updated: never, but the same for everyone.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class _Feed(SyndicationFeed):
    def latest_post_date(self):
        """Return when the newest item changed, and not the present for lack of any."""
        return max((item["updateddate"] for item in self.items), default=NEVER)


class _SafeXML(SimplerXMLGenerator):
    def characters(self, content):
        super().characters(_NO_XML.sub("", content))

    def startElement(self, name, attrs):
        attrs = {key: _NO_XML.sub("", str(value)) for key, value in attrs.items()}
        super().startElement(name, attrs)


class AtomFeed(_Feed, Atom1Feed):
    def write(self, outfile, encoding):
        handler = _SafeXML(outfile, encoding, short_empty_elements=True)
        handler.startDocument()
        handler.startElement("feed", self.root_attributes())
        self.add_root_elements(handler)
        self.write_items(handler)
        handler.endElement("feed")

    def root_attributes(self):
        return super().root_attributes() | {"xmlns:thr": THREADS}

    def item_attributes(self, item):
        return {"xml:lang": item["language"]} if item["language"] else {}

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        for name in item["authors"]:
            handler.startElement("author", {})
            handler.addQuickElement("name", name)
            handler.endElement("author")
        if item["summary"]:
            handler.addQuickElement("summary", item["summary"])
        if item["html"]:
            attributes = {"type": "html", "xml:base": item["link"]}
            handler.addQuickElement("content", item["html"], attributes)
        if answered := item["in_reply_to"]:
            attributes = {
                "ref": answered["id"],
                "href": answered["url"],
                "type": "text/html",
            }
            handler.addQuickElement("thr:in-reply-to", "", attributes)
        if replies := item["replies"]:
            attributes = {
                "rel": "replies",
                "type": "application/atom+xml",
                "href": replies["atom"],
                "thr:count": replies["count"],
                "thr:updated": rfc3339_date(replies["updated"]),
            }
            handler.addQuickElement("link", "", attributes)
            handler.addQuickElement("thr:total", str(replies["count"]))


class JSONFeed(_Feed):
    """JSON Feed 1.1; what it has no words for stands under `_discussion`."""

    content_type = "application/feed+json; charset=utf-8"

    def write(self, outfile, encoding):
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.feed["title"],
            "home_page_url": self.feed["link"],
            "feed_url": self.feed["feed_url"],
            "description": self.feed["subtitle"],
            "language": self.feed["language"],
            "items": [_json_item(item) for item in self.items],
        }
        outfile.write(json.dumps(feed, ensure_ascii=False).encode(encoding))


def _json_item(item):
    told = {
        "id": item["unique_id"],
        "url": item["link"],
        "title": item["title"],
        "summary": item["summary"],
        "date_published": item["pubdate"] and rfc3339_date(item["pubdate"]),
        "authors": [{"name": name} for name in item["authors"]],
        "tags": list(item["categories"]),
        "language": item["language"],
        "_discussion": _json_thread(item),
    }
    # An item needs a text, were it an empty one.
    return (
        {"content_html": item["html"]}
        | {name: value for name, value in told.items() if value}
        | {"date_modified": rfc3339_date(item["updateddate"])}
    )


def _json_thread(item):
    thread = {}
    if item["in_reply_to"]:
        thread["in_reply_to"] = item["in_reply_to"]
    if replies := item["replies"]:
        thread |= {
            "feed_url": replies["json"],
            "count": replies["count"],
            "updated": rfc3339_date(replies["updated"]),
        }
    return thread
