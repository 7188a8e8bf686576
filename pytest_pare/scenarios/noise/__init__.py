"""Noise: unrelated mails, messages and products, faults of events, and other names for tools."""
