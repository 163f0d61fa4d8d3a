"""How good the answers of a search are, and how fast they come."""
