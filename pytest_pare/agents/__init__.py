"""The simulated user, and the agents under test."""
