"""The event registry: reads `contracts/` and generates from it what must never drift."""
