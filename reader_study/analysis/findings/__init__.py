"""Realism, findings and multiplicity."""
