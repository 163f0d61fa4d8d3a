"""Computes the layers over a document's segments."""
