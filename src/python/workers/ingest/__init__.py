"""Finds out what a document is, and brings its sound into one form."""
