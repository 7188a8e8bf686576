"""Engines: they answer the requests of the agents."""
