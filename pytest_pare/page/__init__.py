"""The report page: one HTML file with the results of suites and the timelines of their runs."""
