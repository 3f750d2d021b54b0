"""Which texts readers may see, and when they are of, in words of the database.

Statements call a story `story` and a comment `said`. They say the same as `published()`
and `public()` of the models, in the words that the indexes know.
"""

STORY_IS_OUT = "story.status = 'published' AND story.listed_at <= statement_timestamp()"
COMMENT_IS_PUBLIC = "said.status = 'public' AND said.kind = 'comment'"

# Texts without a known date come after all others.
BEFORE_ALL = "'0001-01-01 00:00:00+00'::timestamptz"
STORY_AT = "story.listed_at"
COMMENT_AT = f"COALESCE(said.posted_at, {BEFORE_ALL})"
