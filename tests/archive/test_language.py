"""Which language a text is in, told only where it can be."""

import pytest

from newsroom.archive.language import MIN_LETTERS, detect


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The ferry left the harbour with forty passengers on board.", "en"),
        ("O barco saiu do porto com quarenta passageiros a bordo.", "pt"),
        ("Die Fähre hat den Hafen mit vierzig Fahrgästen verlassen.", "de"),
        ("Паром вышел из гавани с сорока пассажирами на борту.", "ru"),
    ],
)
def test_language_is_told_from_a_sentence(text, code):
    assert detect(text) == code


@pytest.mark.parametrize("text", ["", "   \n  ", "Ótimo!", "x" * (MIN_LETTERS - 1)])
def test_short_text_has_the_expected_language(text):
    assert detect(text, expected="en") == "en"


def test_blanks_do_not_make_a_text_longer():
    assert detect("Ótimo!" + " " * 100, expected="en") == "en"


@pytest.mark.parametrize("text", ["", "Good.", "Ótimo!"])
def test_short_text_alone_has_no_language(text):
    assert detect(text) == ""


def test_portuguese_is_told_among_english():
    text = "Tomara que o barco volte logo, não aguento mais esperar."

    assert detect(text, expected="en") == "pt"


@pytest.mark.parametrize(
    "text",
    [
        "Cortana + Azure + Bing = ???",
        "www.example.org/a-very-long-address/that/goes/on",
        "1234567890 1234567890 1234567890",
        "🙂 🙂 🙂 🙂 🙂 🙂 🙂 🙂 🙂 🙂 🙂 🙂",
    ],
)
def test_text_that_could_be_any_language_has_the_expected_one(text):
    assert detect(text, expected="en") == "en"


def test_unheard_of_expectation_does_not_hold():
    text = "The ferry left the harbour with forty passengers on board."

    assert detect(text, expected="xx") == "en"
