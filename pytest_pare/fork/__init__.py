"""Worker processes that are forked from one process with all imports."""
