"""Inference that stays valid while answers come in."""
