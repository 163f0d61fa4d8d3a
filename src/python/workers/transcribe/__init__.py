"""From speech or captions to segments."""
