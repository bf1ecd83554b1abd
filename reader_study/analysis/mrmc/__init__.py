"""Multi-reader multi-case inference."""
