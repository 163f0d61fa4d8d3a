"""How much work the pipeline takes, what its observability costs, and whether its memory grows."""
