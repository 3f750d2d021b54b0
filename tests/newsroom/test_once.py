"""What is the same on every page is rendered once."""

from django.template import Context, Template
from django.utils import translation


def test_it_is_rendered_once_and_knows_nothing_of_the_page():
    template = Template("{% load once %}{{ word }}{% once %}[{{ word }}]{% endonce %}")

    assert template.render(Context({"word": "first"})) == "first[]"
    assert template.render(Context({"word": "second"})) == "second[]"


def test_each_language_has_its_own(settings, monkeypatch):
    settings.USE_I18N = True
    # Whether there are translations is asked once in a process.
    monkeypatch.setattr(translation, "_trans", type(translation._trans)())
    link = "{% translate 'Skip to the content' %}"
    template = Template(f"{{% load i18n once %}}{{% once %}}{link}{{% endonce %}}")

    with translation.override("en-gb"):
        english = template.render(Context())
    with translation.override("de"):
        german = template.render(Context())

    assert (english, german) == ("Skip to the content", "Zum Inhalt springen")
