"""The explorer's web page: events, traces, errors, latencies, for people with a browser."""
