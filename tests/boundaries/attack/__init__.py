"""Attacks on the boundaries, carried out by the real `./pants lint` in copies of the repository."""
