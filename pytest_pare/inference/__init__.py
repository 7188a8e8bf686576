"""Statistics: intervals of rates, and the paired test against a baseline."""
