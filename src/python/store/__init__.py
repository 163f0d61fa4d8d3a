"""The shared tables in PostgreSQL, and the queue between the API and the workers."""
