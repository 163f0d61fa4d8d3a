"""What the request context costs a server."""
