"""The report page: a static file with the results and the runs of a session."""
