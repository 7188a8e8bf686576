"""The ledger of a suite: what its sessions planned and what came of each run, kept in files."""
