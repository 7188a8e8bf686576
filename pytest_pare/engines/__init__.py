"""What answers the requests of the agents."""
