"""Two pictures side by side: which is real, which is better."""
