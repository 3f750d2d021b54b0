import pytest

from articles.languages import direction, language_name


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("pt", "Portuguese"),
        ("pt-BR", "Brazilian Portuguese"),
        ("de-LI", "German"),
        ("tlh", "tlh"),
        ("", ""),
    ],
)
def test_language_is_named_in_words_when_they_are_known(tag, name):
    assert language_name(tag) == name


@pytest.mark.parametrize(
    ("tag", "way"),
    [
        ("ar", "rtl"),
        ("he-IL", "rtl"),
        ("fa", "rtl"),
        ("EN-gb", "ltr"),
        ("tlh", ""),
        ("", ""),
    ],
)
def test_direction_is_that_of_a_known_language(tag, way):
    assert direction(tag) == way
