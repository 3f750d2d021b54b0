import pytest

from articles.languages import language_name


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
