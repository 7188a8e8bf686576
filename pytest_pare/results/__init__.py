"""What the results of a session say: their table, statistics, reports and the gate. Each is a module of its own."""
