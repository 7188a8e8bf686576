"""What every other part may use: builtins, secrets, documents, files."""
