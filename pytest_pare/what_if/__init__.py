"""Forks of runs: what would have happened if one thing had been different from a step on."""
