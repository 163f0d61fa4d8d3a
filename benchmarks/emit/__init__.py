"""The cost of one event line, in the façade and in its peers."""
