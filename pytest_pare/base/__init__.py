"""The lowest layer: serialization, redaction, documents, run files and extensions."""
