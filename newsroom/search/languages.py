"""The languages that stories and public comments are written in."""

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.db import connection
from django.utils.translation import gettext

from articles.search import STEMMERS

UNSTEMMED = "simple"
# A tag may be anything of its shape, and a file may hold many; these are shown.
MOST_LANGUAGES = 60

# From each language to the next, by index: it costs as many steps as there are
# languages, however many texts there are. Only what readers may see counts.
_SPOKEN = """
    WITH RECURSIVE story (code) AS (
        (SELECT min(split_part(language, '-', 1)) FROM articles_article
            WHERE status = 'published' AND language <> '')
        UNION ALL
        SELECT (SELECT min(split_part(language, '-', 1)) FROM articles_article
            WHERE status = 'published' AND language <> ''
            AND split_part(language, '-', 1) > story.code)
        FROM story WHERE code IS NOT NULL
    ), comment (code) AS (
        (SELECT min(split_part(language, '-', 1)) FROM comments_comment
            WHERE status = 'public' AND kind = 'comment' AND language <> '')
        UNION ALL
        SELECT (SELECT min(split_part(language, '-', 1)) FROM comments_comment
            WHERE status = 'public' AND kind = 'comment' AND language <> ''
            AND split_part(language, '-', 1) > comment.code)
        FROM comment WHERE code IS NOT NULL
    )
    SELECT code FROM story WHERE code > '' AND EXISTS (
        SELECT 1 FROM articles_article AS article
        WHERE article.status = 'published' AND article.language <> ''
        AND split_part(article.language, '-', 1) = story.code
        AND (published_at IS NULL OR published_at <= statement_timestamp())
    )
    UNION
    SELECT code FROM comment WHERE code > '' AND EXISTS (
        SELECT 1 FROM comments_comment AS said
        JOIN articles_article AS article ON article.id = said.discussion_id
        WHERE said.status = 'public' AND said.kind = 'comment' AND said.language <> ''
        AND split_part(said.language, '-', 1) = comment.code
        AND article.status = 'published'
        AND (published_at IS NULL OR published_at <= statement_timestamp())
    )
    ORDER BY code LIMIT %s
"""


def spoken() -> list[str]:
    """Return the codes of the languages that readers can find here."""
    with connection.cursor() as cursor:
        cursor.execute(_SPOKEN, [MOST_LANGUAGES])
        return [code for (code,) in cursor]


def stemmers(codes: list[str]) -> list[str]:
    """Return how words are to be read to be found in texts of these languages."""
    site = settings.LANGUAGE_CODE.partition("-")[0]
    found = [STEMMERS[code] for code in (site, *codes) if code in STEMMERS]
    return [*dict.fromkeys([*found, UNSTEMMED])]


def name_of(code: str) -> str:
    """Return a language's name in the interface's language, or its code."""
    info = LANG_INFO.get(code, {})
    return gettext(info["name"]) if "name" in info else code
