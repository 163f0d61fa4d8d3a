"""Who may use the API: keys and their scopes, limits, and what holds without keys."""
