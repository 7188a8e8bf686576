"""Settings of this repository's own pytest sessions."""
