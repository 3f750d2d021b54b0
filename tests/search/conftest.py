"""What tests of the search share: asking, and reading what a page answers."""

from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest


class Answer(HTMLParser):
    """A page of the search: how many hits it says, each hit's link, and its text."""

    def __init__(self, response):
        super().__init__()
        self.status = response.status_code
        self.html = response.content.decode()
        self.open, self.texts, self.links = [], [], []
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "a":
            self.links.append([attributes.get("href"), [], self.classes])
        if tag not in ("meta", "link", "br", "input"):
            self.open.append((tag, attributes.get("class") or ""))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.texts.append((data, self.classes))
        if self.links and any(tag == "a" for tag, _ in self.open):
            self.links[-1][1].append(data)

    @property
    def classes(self):
        return " ".join(css for _, css in self.open).split()

    def of(self, css_class):
        """Return the text with this class."""
        text = "".join(text for text, css in self.texts if css_class in css)
        return " ".join(text.split())

    def links_in(self, css_class):
        """Return texts and addresses of the links with this class around them."""
        return {
            " ".join("".join(texts).split()): address
            for address, texts, classes in self.links
            if css_class in classes
        }

    @property
    def count(self):
        return self.of("search__count")

    @property
    def hits(self):
        """Return the addresses of the hits, in order."""
        return [address for address, _, css in self.links if "hits__heading" in css]

    @property
    def next(self):
        return next(iter(self.links_in("pager").values()), None)


@pytest.fixture
def ask(client):
    """Return an asker: gives the page for these parameters, or at this address."""

    def ask(address="", **parameters):
        response = client.get(f"/search/{address or '?' + urlencode(parameters)}")
        assert response.cookies == {}
        assert "Cookie" not in response.headers.get("Vary", "")
        return Answer(response)

    return ask
