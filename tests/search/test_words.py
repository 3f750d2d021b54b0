"""What a reader's words mean to PostgreSQL."""

import pytest

from newsroom.search.words import compiled, parse, text_of

CONFIGS = ["english", "german", "simple"]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("ferry harbour", "ferry harbour"),
        ("ferry  OR harbour", "ferry or harbour"),
        ("“to the harbour” -ferry", '"to the harbour" -ferry'),
        ("«to the harbour», −ferry", '"to the harbour" -ferry'),
        ('"not closed', '"not closed"'),
        ("or ferry or or", "ferry"),
        ("-or ferry", "-or ferry"),
        ("ferry !!! … - ()", "ferry"),
        ('"or" ferry', '"or" ferry'),
    ],
)
def test_words_are_read(text, same):
    assert text_of(parse(text)) == same
    assert parse(same) == parse(text)


@pytest.mark.parametrize("text", ["", " ", "!!!", "--", '""', "or", "_", "🙂"])
def test_signs_are_no_words(text):
    assert parse(text) == []


@pytest.mark.parametrize(
    ("text", "query"),
    [
        # Each language reads all of it; what two languages read alike stands once.
        ("ferries", "(('ferri') | ('ferries'))"),
        ("the ferry", "(('ferri') | ('the' & 'ferry'))"),
        # Only stop words: they are found as they are written.
        ("the who", "(('the' & 'who'))"),
        (
            '"the ferries run"',
            "(('ferri' <-> 'run') | ('the' <-> 'ferries' <-> 'run'))",
        ),
        # What is left out is left out in every reading.
        ("run -ferries", "(('run')) & !('ferri') & !('ferries')"),
        ("run -the", "(('run')) & !('the')"),
        ("run or ferries", "(('run')) | (('ferri') | ('ferries'))"),
        ("it's & | ! <-> :* (", "(('it' <-> 's'))"),
        ("x'; DROP", "(('x' & 'drop'))"),
    ],
)
def test_query_is_each_language_s_reading_or_the_words_as_written(db, text, query):
    assert compiled(parse(text), ["english", "simple"]).text == query


def test_word_without_a_lexeme_finds_nothing(db):
    assert compiled(parse("-ferry"), CONFIGS).text == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("the", ["english"]),
        ("the ferry", []),
        ("die", ["german"]),
        ("the or die", []),
        ("the or of -ferry", ["english"]),
    ],
)
def test_languages_that_pass_over_all_wanted_words_are_known(text, languages):
    assert compiled(parse(text), CONFIGS).passed_over == languages
