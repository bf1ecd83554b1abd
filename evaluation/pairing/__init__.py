"""Two checkpoints on the same prompts and seeds: the run that compares them, and what may be compared."""
