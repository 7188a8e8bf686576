"""What is patched in ARE."""
