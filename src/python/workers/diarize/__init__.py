"""Tells the speakers of a recording apart."""
