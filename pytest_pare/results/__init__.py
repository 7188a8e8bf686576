"""The results of a session: table, statistics, reports and gate, a module for each."""
