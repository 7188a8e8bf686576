"""Noise: unrelated mails, messages and products, faults of events, other names of tools."""
