"""What telemetry costs: the façade and its peers, measured side by side."""
