"""The audit of validators by mutants, which they must reject, and alternatives, which they must accept."""
