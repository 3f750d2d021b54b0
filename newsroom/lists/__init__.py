"""Lists of stories, and the ways around the site."""
