"""Several machines and one PostgreSQL server between them, on this one: network namespaces."""
