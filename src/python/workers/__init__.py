"""The five workers that carry a job out, one process each."""
