"""The read side: from emitted JSON lines to the story of a request."""
