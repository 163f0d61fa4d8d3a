"""What all workers share: taking a job run up, ending it exactly once, recovering lost ones."""
