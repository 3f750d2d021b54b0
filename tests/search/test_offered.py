"""What the form offers: no file of which readers can find nothing."""

import pytest
from django.db.models import F

from articles.models import Article
from comments.models import Comment
from newsroom.archive.importing import import_file
from newsroom.archive.models import Record, Source
from newsroom.search import offered
from newsroom.search.offered import MOST_RECORDS


@pytest.fixture
def source(db, settings):
    """Return a file that gave a story and its comments."""
    import_file(settings.BASE_DIR / "newsroom/archive/sample/xiaomi-microsoft.jsonl")
    return Source.objects.get()


def sources():
    return [int(key) for key, _ in offered.offered().sources]


@pytest.mark.parametrize("status", ["draft", "withdrawn"])
def test_file_of_a_story_that_is_not_out_is_not_offered(source, status):
    before = sources()

    Article.objects.update(status=status)

    assert (before, sources()) == ([source.pk], [])


def test_file_of_comments_is_offered_while_one_of_them_is_public(source):
    Record.objects.filter(kind="article").delete()
    states = [sources()]

    Comment.objects.exclude(pk=Comment.objects.public().last().pk).set_status("hidden")
    states.append(sources())
    Comment.objects.all().set_status("hidden")
    states.append(sources())
    Comment.objects.all().set_status("public")
    Article.objects.update(status="withdrawn")
    states.append(sources())

    assert states == [[source.pk], [source.pk], [], []]


def test_file_is_offered_when_what_it_brought_hidden_is_shown(source):
    source.ledger["article"] |= {"public": 0, "hidden": 1}
    source.ledger["comment"] |= {"public": 0, "hidden": 34}
    source.save()

    assert sources() == [source.pk]


def test_of_a_long_file_the_ledger_has_the_word(source):
    """As many records as are looked at are known; for more of them it is believed."""
    Article.objects.update(status="withdrawn")
    last = Record.objects.latest("position").position
    Record.objects.update(position=F("position") + MOST_RECORDS - last)
    known = sources()

    Record.objects.filter(position=MOST_RECORDS).update(position=MOST_RECORDS + 1)
    believed = sources()
    source.ledger = {"article": {"public": 0, "linked": 0, "hidden": 1}}
    source.save()

    assert (known, believed, sources()) == ([], [source.pk], [])


@pytest.mark.parametrize("state", ["running", "failed"])
def test_file_that_is_not_taken_in_is_not_offered(source, state):
    Source.objects.update(state=state)

    assert sources() == []
