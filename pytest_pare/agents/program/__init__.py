"""A program as agent: the protocol of `docs/agent-protocol.md`, spoken with a process on its standard streams."""
