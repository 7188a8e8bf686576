"""The errors of ledgers."""


class LedgerError(ValueError):
    """A ledger, or a session, that cannot be used. The message names the file, what is wrong and what to do."""
