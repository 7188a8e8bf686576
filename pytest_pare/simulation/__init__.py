"""Playing a scenario in simulated time."""
