import random

import pytest
from django.contrib.postgres.search import SearchQuery

from articles.models import Article

# Longer than what is searched of any text.
LENGTH = 250_000


@pytest.fixture
def make_story(make_article):
    """Return a maker of stories whose headline says nothing."""

    def make(body, **fields):
        return make_article(headline="…", body=f"<p>{body}</p>", **fields)

    return make


def found(words, config):
    """Return the stories that match words as this configuration reads them."""
    query = SearchQuery(words, config=config)
    return list(Article.objects.filter(search_vector=query).order_by("pk"))


@pytest.mark.parametrize(
    ("language", "config", "body", "words"),
    [
        ("en", "english", "They were running home.", "run"),
        ("en-GB", "english", "They were running home.", "runs"),
        ("pt", "portuguese", "Foram caminhando para casa.", "caminhar"),
        ("pt-BR", "portuguese", "Foram caminhando para casa.", "caminhamos"),
        ("tlh", "simple", "They were running home.", "running"),
        ("", "simple", "They were running home.", "running"),
    ],
)
def test_story_is_found_by_the_stems_of_its_language(
    make_story, language, config, body, words
):
    story = make_story(body, language=language)

    assert found(words, config) == [story]


@pytest.mark.parametrize("language", ["tlh", "", "english", "xx-en", "EN"])
def test_story_in_unknown_language_is_not_stemmed(make_story, language):
    make_story("They were running home.", language=language)

    assert found("run", "english") == []


def test_name_is_found_as_it_was_written(make_story):
    by_name = make_story("Jeff Bridges spoke.")
    by_stem = make_story("One more bridge.")

    assert found("bridges", "simple") == [by_name]
    assert found("bridges", "english") == [by_name, by_stem]


def test_story_is_found_by_headline_and_standfirst(make_article):
    story = make_article(headline="Ferry sails", standfirst="After nine storms.")

    assert found("ferries", "english") == [story]
    assert found("storm", "english") == [story]


def test_language_correction_stems_anew(make_story):
    story = make_story("Foram caminhando para casa.", language="en")
    before = found("caminhar", "portuguese")

    Article.objects.update(language="pt")

    assert before == []
    assert found("caminhar", "portuguese") == [story]


def test_text_correction_is_found_at_once(make_story):
    story = make_story("The bridge opened.")

    Article.objects.update(body="<p>The tunnel opened.</p>")

    assert found("bridge", "english") == []
    assert found("tunnel", "english") == [story]


def distinct(alphabet, letters, between):
    """Return random words of LENGTH characters in all."""
    chance = random.Random(7)  # noqa: S311 (no secret)
    count = LENGTH // (letters + len(between))
    words = ("".join(chance.choices(alphabet, k=letters)) for _ in range(count))
    return between.join(words)


def compounds():
    """Return hyphenated words of rare signs that each have a stem of their own.

    PostgreSQL keeps such a word and its parts, each stemmed and unstemmed: four times
    the text, at four bytes a sign.
    """
    chance = random.Random(7)  # noqa: S311 (no secret)
    words, length = [], 0
    while length < LENGTH:
        parts = ("".join(chance.choices(IDEOGRAPHS, k=76)) for _ in range(3))
        words.append("-".join(f"a{part}s" for part in parts))
        length += len(words[-1]) + 1
    return " ".join(words)


LETTERS = "abcdefghijklmnopqrstuvwxyz"
IDEOGRAPHS = [chr(sign) for sign in range(0x20000, 0x2A6D0)]
ARABIC = [chr(sign) for sign in range(0x627, 0x64B)]
NASTY = {
    "short words": lambda: distinct(LETTERS, 3, " "),
    "single letters": lambda: distinct(ARABIC, 1, " "),
    "single ideographs": lambda: distinct(IDEOGRAPHS, 1, " "),
    "pairs of ideographs": lambda: distinct(IDEOGRAPHS, 2, "-"),
    "one long word": lambda: distinct(IDEOGRAPHS, LENGTH, ""),
    "addresses": lambda: distinct(LETTERS, 4, ".pt/x "),
    "compounds": compounds,
}


@pytest.mark.parametrize("name", NASTY)
def test_nastiest_text_can_be_stored(make_article, make_comment, name):
    text = NASTY[name]()

    story = make_article(
        headline=text[:500], standfirst=text, body=text[::-1], slug="nasty"
    )
    comment = make_comment(article=story, body=text, language="en")

    assert len(story.standfirst) == len(comment.body) == len(text)
    assert len(text) > LENGTH * 0.9
