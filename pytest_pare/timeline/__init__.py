"""The timeline of a run: its steps, what differs between two runs, and both as text."""
