"""Sends the API whatever its own OpenAPI document allows, and what it does not allow."""
