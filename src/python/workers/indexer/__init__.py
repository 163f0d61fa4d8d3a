"""Brings the search index up to date with documents."""
