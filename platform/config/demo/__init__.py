"""The demonstration: the whole way once, on phantoms, through the same services as real work."""
