from django.core.files.storage import storages
from django.db import migrations
from django.db.models import Count, Q

from newsroom.archive.addresses import key_of


def say_what_is_public(apps, schema_editor):
    """“Stored” and “already there” become public or hidden, and new or unchanged."""
    Record = apps.get_model("archive", "Record")
    Record.objects.filter(outcome="already_there").update(change="unchanged")
    stored = Record.objects.filter(outcome__in=["stored", "already_there"])
    hidden = Q(kind="comment") & ~Q(comment__status="public", comment__kind="comment")
    hidden |= Q(kind="article") & ~Q(article__status="published")
    hidden = stored.filter(hidden).values("pk")
    Record.objects.filter(pk__in=hidden).update(outcome="hidden")
    stored.update(outcome="public")
    apps.get_model("archive", "Source").objects.update(state="done")
    apps.get_model("archive", "Source").objects.exclude(ends_early="").update(
        state="truncated"
    )


def recount(apps, schema_editor):
    """Bring the ledgers into their new columns."""
    columns = (
        "found", "public", "hidden", "linked", "set_aside", "new", "changed",
        "unchanged",
    )  # fmt: skip
    for source in apps.get_model("archive", "Source").objects.all():
        ledger = {}
        counted = source.records.order_by().values_list("kind", "outcome", "change")
        for kind, outcome, change, count in counted.annotate(Count("pk")):
            counts = ledger.setdefault(kind, dict.fromkeys(columns, 0))
            for column in ("found", outcome, change):
                counts[column] += count
        source.ledger = ledger
        source.save(update_fields=["ledger"])


def say_what_was_stored(apps, schema_editor):
    Record = apps.get_model("archive", "Record")
    stored = Record.objects.filter(outcome__in=["public", "hidden"])
    stored.filter(change="unchanged").update(outcome="already_there")
    stored.update(outcome="stored")


def find_places(apps, schema_editor):
    """Look each record's text up in its kept file: from now on it is read there.

    Where it is not found, as when the file is packed or was repaired, the place stays
    0 until the source is read again with --again.
    """
    for source in apps.get_model("archive", "Source").objects.all():
        storage = storages["sources"]
        if not storage.exists(source.file.name):
            continue
        with storage.open(source.file.name) as file:
            data = file.read()
        place = 0
        for record in source.records.order_by("position").iterator():
            raw = record.raw.encode()
            start = data.find(raw, place)
            if raw and start >= 0:
                place = start + len(raw)
                record.start, record.end = start, place
                record.save(update_fields=["start", "end"])


def keep_addresses(apps, schema_editor):
    SourceAddress = apps.get_model("archive", "SourceAddress")
    known = apps.get_model("articles", "Article").objects.exclude(source_url="")
    for pk, address in known.values_list("pk", "source_url"):
        SourceAddress.objects.create(
            article_id=pk, address=address, key=key_of(address)
        )


class Migration(migrations.Migration):
    dependencies = [("archive", "0002_record_places")]

    operations = [
        migrations.RunPython(say_what_is_public, say_what_was_stored),
        migrations.RunPython(recount, migrations.RunPython.noop),
        migrations.RunPython(find_places, migrations.RunPython.noop),
        migrations.RunPython(keep_addresses, migrations.RunPython.noop),
    ]
