"""Patches of ARE."""
