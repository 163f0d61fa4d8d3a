"""Lets a whole stack work under faults drawn at random, and judges what it told of it."""
