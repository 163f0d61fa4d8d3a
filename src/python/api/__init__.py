"""The HTTP API: accepts work, tells where it is, searches the result."""
