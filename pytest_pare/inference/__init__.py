"""The statistics of runs: intervals, the paired test against a baseline, and looks while runs come in."""
