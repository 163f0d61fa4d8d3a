"""The benchmarks measure what they say, on whatever machine."""
