"""Readers' pages from a cache that never shows what has changed since."""
