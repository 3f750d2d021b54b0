"""E-mail and IP addresses of commenters: kept only as long as the setting says."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from comments.models import Comment, CommentContact
from newsroom.archive.importing import import_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def write_contacts(write_wxr):
    """Return a writer of an export whose comments are so many days old each."""

    def write(*days, name="wordpress.xml"):
        now = timezone.now().replace(microsecond=0)
        comments = [
            {
                "id": str(number),
                "text": f"Comment {number}.",
                "email": f"reader{number}@mail.example",
                "ip": "192.0.2.7",
                "at": f"{now - timedelta(days=age):%Y-%m-%d %H:%M:%S}",
            }
            for number, age in enumerate(days, 1)
        ]
        return write_wxr({"id": "1", "comments": comments}, name=name)

    return write


def contacts():
    return list(
        CommentContact.objects.order_by("comment").values_list(
            "comment__body", "email", "ip"
        )
    )


def test_contacts_are_kept_as_long_as_the_setting_says(write_contacts, settings):
    settings.CONTACT_DAYS = 30

    import_file(write_contacts(60, 10))

    assert Comment.objects.count() == 2
    assert contacts() == [("Comment 2.", "reader2@mail.example", "192.0.2.7")]
    contact = CommentContact.objects.select_related("comment").get()
    assert contact.keep_until == contact.comment.posted_at + timedelta(days=30)


def test_contacts_are_kept_nowhere_without_the_setting(
    write_contacts, settings, all_rows
):
    settings.CONTACT_DAYS = 0

    import_file(write_contacts(10))

    assert Comment.objects.count() == 1
    rows = str(all_rows())
    assert ("mail.example" in rows, "192.0.2.7" in rows) == (False, False)


def test_import_leaves_no_contact_where_it_gathered_them(write_contacts, settings):
    settings.CONTACT_DAYS = 30

    import_file(write_contacts(10))

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM archive_staged_comment")
        assert cursor.fetchone() == (0,)


def test_next_import_removes_contacts_whose_time_is_over(
    write_contacts, take_in, settings
):
    settings.CONTACT_DAYS = 30
    import_file(write_contacts(20, 10))
    first = Comment.objects.order_by("number").first()
    CommentContact.objects.filter(comment=first).update(keep_until=timezone.now())

    take_in()

    assert contacts() == [("Comment 2.", "reader2@mail.example", "192.0.2.7")]


def test_newer_file_brings_contacts_of_known_comments(write_contacts, settings):
    settings.CONTACT_DAYS = 0
    import_file(write_contacts(10))
    settings.CONTACT_DAYS = 30

    import_file(write_contacts(10, 5, name="newer.xml"))

    assert contacts() == [
        ("Comment 1.", "reader1@mail.example", "192.0.2.7"),
        ("Comment 2.", "reader2@mail.example", "192.0.2.7"),
    ]
