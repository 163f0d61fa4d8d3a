"""The read side, on recorded streams."""
