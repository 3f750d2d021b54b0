"""What the form of a search offers to choose from."""

from typing import NamedTuple

from articles.prepared import prepared_rows
from newsroom.search.conditions import COMMENT_IS_PUBLIC, STORY_IS_OUT

# A tag may be anything of its shape, and a file may hold many; these are shown.
MOST_LANGUAGES = 60
# A file is offered for the first of its records that readers can find. It may have none
# any more, and be long: so many are looked at, and then its ledger is believed.
MOST_RECORDS = 1000

# One statement, for each costs as much as all it reads. From each language to the next
# by index: it costs as many steps as there are languages, however many texts there
# are. Only what readers may see counts; and where one text is enough to know, a LIMIT
# says so, or the planner might join all comments with all stories. Records are read in
# the order of an index, or it might look for those of a small file among all.
_OFFERED = f"""
    WITH RECURSIVE of_stories (code) AS (
        (SELECT min(split_part(language, '-', 1)) FROM articles_article
            WHERE status = 'published' AND language <> '')
        UNION ALL
        SELECT (SELECT min(split_part(language, '-', 1)) FROM articles_article
            WHERE status = 'published' AND language <> ''
            AND split_part(language, '-', 1) > of_stories.code)
        FROM of_stories WHERE code IS NOT NULL
    ), of_comments (code) AS (
        (SELECT min(split_part(language, '-', 1)) FROM comments_comment
            WHERE status = 'public' AND kind = 'comment' AND language <> '')
        UNION ALL
        SELECT (SELECT min(split_part(language, '-', 1)) FROM comments_comment
            WHERE status = 'public' AND kind = 'comment' AND language <> ''
            AND split_part(language, '-', 1) > of_comments.code)
        FROM of_comments WHERE code IS NOT NULL
    ), spoken (code) AS (
        SELECT code FROM of_stories WHERE code > '' AND (
            SELECT true FROM articles_article AS story
            WHERE story.language <> '' AND {STORY_IS_OUT}
            AND split_part(story.language, '-', 1) = of_stories.code LIMIT 1
        )
        UNION
        SELECT code FROM of_comments WHERE code > '' AND (
            SELECT true FROM comments_comment AS said
            JOIN articles_article AS story ON story.id = said.discussion_id
            WHERE said.language <> '' AND {COMMENT_IS_PUBLIC} AND {STORY_IS_OUT}
            AND split_part(said.language, '-', 1) = of_comments.code LIMIT 1
        )
        ORDER BY code LIMIT {MOST_LANGUAGES}
    )
    SELECT 'language', row_number() OVER (ORDER BY code), code, '', 0 FROM spoken
    UNION ALL
    SELECT 'section', row_number() OVER (ORDER BY position, sort_key), slug, name, id
    FROM articles_section AS section WHERE (
        SELECT true FROM articles_article AS story
        WHERE story.section_id = section.id AND {STORY_IS_OUT} LIMIT 1
    )
    UNION ALL
    SELECT 'source', row_number() OVER (ORDER BY imported_at DESC, id DESC), id::text,
        name, id
    FROM archive_source AS source WHERE state IN ('done', 'truncated') AND (
        SELECT record.position <= {MOST_RECORDS}
            OR ledger #> '{{article,public}}' > '0'
            OR ledger #> '{{article,linked}}' > '0'
            OR ledger #> '{{comment,public}}' > '0'
            OR ledger #> '{{comment,linked}}' > '0'
        FROM archive_record AS record WHERE record.source_id = source.id AND (
            record.position > {MOST_RECORDS}
            OR coalesce(record.article_id, record.comment_id) IS NOT NULL AND (
                SELECT true FROM articles_article AS story
                WHERE story.id = coalesce(record.article_id, (
                    SELECT said.discussion_id FROM comments_comment AS said
                    WHERE said.id = record.comment_id AND {COMMENT_IS_PUBLIC}
                )) AND {STORY_IS_OUT}
            )
        )
        ORDER BY record.position LIMIT 1
    )
    ORDER BY 1, 2
"""  # noqa: S608 (no text of others in it)


class Offered(NamedTuple):
    """Codes of the languages that readers can find; sections and files with names."""

    languages: list[str]
    sections: list[tuple[str, str]]
    sources: list[tuple[str, str]]
    # Keys of the sections: by them the planner knows how many stories each has.
    section_keys: dict[str, int]


def offered() -> Offered:
    found = {"language": [], "section": [], "source": []}
    section_keys = {}
    for kind, _place, value, name, key in prepared_rows(_OFFERED):
        found[kind].append((value, name))
        if kind == "section":
            section_keys[value] = key
    codes = [code for code, _ in found["language"]]
    return Offered(codes, found["section"], found["source"], section_keys)
