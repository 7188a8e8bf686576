"""Noise in the world: mails, messages and goods that have nothing to do with the scenario."""
