"""The endpoints of a process on loopback: the tools of a run over MCP, and the agent's model in OpenAI's format."""
