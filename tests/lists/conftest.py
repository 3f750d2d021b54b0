"""Pages of lists, read as a reader does: by what stands on them and where it leads."""

from datetime import UTC, datetime

import lxml.html
import pytest
from django.utils.text import slugify

from articles.models import Author, Byline, Section, Topic


class ReadPage:
    """A page that a reader got."""

    def __init__(self, html):
        self.html = html
        self.tree = lxml.html.fromstring(html)

    def texts(self, css_class):
        """Return what the elements of this class say, in their order."""
        return [self._text(element) for element in self.tree.find_class(css_class)]

    def links(self, css_class):
        """Return where the links within elements of this class lead, by their words."""
        return {
            self._text(link): link.get("href")
            for element in self.tree.find_class(css_class)
            for link in element.iter("a")
        }

    @property
    def heading(self):
        (heading,) = self.tree.iter("h1")
        return self._text(heading)

    @property
    def headlines(self):
        return self.texts("teaser__headline")

    @property
    def listing(self):
        return self.texts("listing")

    @property
    def next(self):
        """The address of the next page, relative to this one, or None."""
        found = self.tree.xpath("//nav[@class='pager']/a[@rel='next']/@href")
        return found[0] if found else None

    @staticmethod
    def _text(element):
        return " ".join(element.text_content().split())


@pytest.fixture
def read(client, db):
    """Return a reader of addresses; what they get is the same for everyone."""

    def read(address, status=200):
        response = client.get(address)
        assert response.status_code == status
        assert response.cookies == {}
        assert "Cookie" not in response.headers.get("Vary", "")
        return ReadPage(response.content.decode())

    return read


@pytest.fixture
def make_story(make_article):
    """Return a maker of stories of a date, with the names they are filed under."""

    def named(model, name):
        slug = slugify(name)
        return model.objects.get_or_create(name=name, defaults={"slug": slug})[0]

    def make(headline, *day, precision="day", topic="", author="", **fields):
        if day:
            fields["published_at"] = datetime(*day, *(1,) * (3 - len(day)), tzinfo=UTC)
            fields["published_precision"] = precision
        if "section" in fields:
            fields["section"] = named(Section, fields["section"])
        story = make_article(headline=headline, **fields)
        if topic:
            story.topics.add(named(Topic, topic))
        if author:
            Byline.objects.create(article=story, author=named(Author, author))
        return story

    return make


@pytest.fixture
def make_hidden(make_story):
    """Return a maker of stories that readers must not see, in each state there is."""

    def make(**fields):
        make_story("Secret draft", 2018, 2, 23, status="draft", **fields)
        make_story("Secret withdrawal", 2018, 2, 23, status="withdrawn", **fields)
        make_story("Secret plans", 2199, 2, 23, **fields)

    return make
