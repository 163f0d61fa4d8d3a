"""Finds all that Python files import, whatever the disguise; runs on the code's own Python."""
