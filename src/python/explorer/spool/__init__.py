"""What an index takes in, judged and written down by processes that do not load its engine."""
