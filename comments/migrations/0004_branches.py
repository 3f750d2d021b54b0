import django.db.models.deletion
from django.db import migrations, models

# How large each branch of a discussion is. A trigger fires after those of the same
# table whose names stand before its own: discussion_summary_* has locked the
# discussions by then, so that writers of one discussion take turns here.
BRANCHES = """
CREATE FUNCTION comments_grow_branches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO comments_branch (discussion_id, number, size)
        SELECT discussion_id, path[1], count(*) FROM new_rows
        WHERE status IN ('public', 'removed') AND kind = 'comment'
        GROUP BY discussion_id, path[1]
        ORDER BY discussion_id, path[1]
        ON CONFLICT (discussion_id, number)
        DO UPDATE SET size = comments_branch.size + excluded.size;
    RETURN NULL;
END $$;

CREATE FUNCTION comments_change_branches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A statement may both move a comment and show it. The move is another statement
    -- within it and comes here first, so a size may be below zero until the end.
    WITH change AS (
        SELECT discussion_id, top, sum(sign) AS added FROM (
            SELECT discussion_id, path[1] AS top, 1 AS sign FROM new_rows
                WHERE status IN ('public', 'removed') AND kind = 'comment'
            UNION ALL
            SELECT discussion_id, path[1], -1 FROM old_rows
                WHERE status IN ('public', 'removed') AND kind = 'comment'
        ) AS versions
        GROUP BY discussion_id, top HAVING sum(sign) <> 0
    )
    INSERT INTO comments_branch (discussion_id, number, size)
        SELECT discussion_id, top, added FROM change ORDER BY discussion_id, top
        ON CONFLICT (discussion_id, number)
        DO UPDATE SET size = comments_branch.size + excluded.size;
    -- A branch of which nothing is shown has no row.
    DELETE FROM comments_branch AS branch USING (
        SELECT DISTINCT discussion_id, path[1] AS top FROM (
            SELECT discussion_id, path FROM new_rows
            UNION ALL
            SELECT discussion_id, path FROM old_rows
        ) AS versions
    ) AS touched
        WHERE branch.discussion_id = touched.discussion_id
        AND branch.number = touched.top AND branch.size = 0;
    RETURN NULL;
END $$;

CREATE FUNCTION comments_shrink_branches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Of a discussion that is being deleted, the branches may be gone already.
    UPDATE comments_branch AS branch SET size = branch.size - change.removed
        FROM (
            SELECT discussion_id, path[1] AS top, count(*) AS removed FROM old_rows
            WHERE status IN ('public', 'removed') AND kind = 'comment'
            GROUP BY discussion_id, path[1]
        ) AS change
        WHERE branch.discussion_id = change.discussion_id
        AND branch.number = change.top;
    DELETE FROM comments_branch AS branch USING old_rows
        WHERE branch.discussion_id = old_rows.discussion_id
        AND branch.number = old_rows.path[1] AND branch.size = 0;
    RETURN NULL;
END $$;

CREATE TRIGGER thread_branches_insert AFTER INSERT ON comments_comment
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION comments_grow_branches();
CREATE TRIGGER thread_branches_update AFTER UPDATE ON comments_comment
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION comments_change_branches();
CREATE TRIGGER thread_branches_delete AFTER DELETE ON comments_comment
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION comments_shrink_branches();

INSERT INTO comments_branch (discussion_id, number, size)
    SELECT discussion_id, path[1], count(*) FROM comments_comment
    WHERE status IN ('public', 'removed') AND kind = 'comment'
    GROUP BY discussion_id, path[1];
"""


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "0003_comment_contact"),
    ]

    operations = [
        migrations.CreateModel(
            name="Branch",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "discussion_id",
                        "number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "discussion",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="branches",
                        to="comments.discussion",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("size", models.IntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["discussion", "size", "number"],
                        name="branch_answered_idx",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            BRANCHES,
            "DROP TRIGGER thread_branches_insert ON comments_comment;"
            "DROP TRIGGER thread_branches_update ON comments_comment;"
            "DROP TRIGGER thread_branches_delete ON comments_comment;"
            "DROP FUNCTION comments_grow_branches;"
            "DROP FUNCTION comments_change_branches;"
            "DROP FUNCTION comments_shrink_branches;",
        ),
    ]
