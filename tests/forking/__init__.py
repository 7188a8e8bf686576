"""Processes of tests that are forked from one process with all imports."""
