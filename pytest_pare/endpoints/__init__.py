"""The HTTP server of a process: the tools of its runs over MCP, and a model endpoint with OpenAI's protocol."""
