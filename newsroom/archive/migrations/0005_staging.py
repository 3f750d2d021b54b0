from django.db import migrations

# Where an import gathers what it read, before anything of it is live. Unlogged: a
# server that crashes empties them, and the import then reads its file once more.
STAGING = """
CREATE UNLOGGED TABLE archive_staged (
    position integer PRIMARY KEY,
    member smallint NOT NULL,
    first_byte bigint NOT NULL,
    end_byte bigint NOT NULL,
    kind text NOT NULL,
    given_id text NOT NULL,
    occurrence integer NOT NULL DEFAULT 1,
    given_article text NOT NULL,
    given_parent text NOT NULL,
    given_status text NOT NULL,
    given_kind text NOT NULL,
    also text NOT NULL,
    digest bytea NOT NULL,
    is_public boolean NOT NULL,
    fault text NOT NULL,
    doubt text NOT NULL,
    -- Settled by the plan; for comments in archive_planned.
    outcome text,
    change text,
    reason text,
    article_id bigint
);

CREATE UNLOGGED TABLE archive_staged_comment (
    position integer PRIMARY KEY,
    number integer NOT NULL,
    key bigint NOT NULL,
    author_name text NOT NULL,
    author_url text NOT NULL,
    email text NOT NULL,
    ip text NOT NULL,
    username text NOT NULL,
    body text NOT NULL,
    body_format text NOT NULL,
    body_html text NOT NULL,
    language text NOT NULL,
    is_truncated boolean NOT NULL,
    posted_at timestamptz,
    posted_precision text NOT NULL,
    edited_at timestamptz,
    edited_precision text NOT NULL,
    created_at timestamptz,
    status text NOT NULL,
    status_reason text NOT NULL,
    status_changed_at timestamptz,
    kind text NOT NULL,
    reply_basis text NOT NULL,
    reply_confidence double precision
);

CREATE UNLOGGED TABLE archive_staged_payload (
    position integer PRIMARY KEY,
    payload jsonb NOT NULL
);

-- The stories that the file's comments stand under. `head` is the story that this one
-- is part of: itself, or another record of the same page. `given_id` is what comments
-- name it by; `story` is the position of its record, below 0 if the file has none.
CREATE UNLOGGED TABLE archive_staged_story (
    story integer PRIMARY KEY,
    head integer NOT NULL,
    given_id text,
    article_id bigint,
    is_refused boolean NOT NULL,
    batch integer
);

CREATE UNLOGGED TABLE archive_planned (
    position integer PRIMARY KEY,
    head integer NOT NULL,
    comment_id bigint,
    parent_position integer,
    parent_id bigint,
    awaits_parent boolean NOT NULL DEFAULT false,
    outcome text NOT NULL,
    change text NOT NULL,
    reason text NOT NULL
);
CREATE INDEX archive_planned_head_idx ON archive_planned (head);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0004_balanced_books"),
        ("comments", "0002_thread_rules"),
    ]

    operations = [
        migrations.RunSQL(
            STAGING,
            "DROP TABLE archive_staged, archive_staged_comment,"
            " archive_staged_payload, archive_staged_story, archive_planned;",
        ),
    ]
