"""One module for each way to write an event."""
