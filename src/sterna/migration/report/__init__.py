"""Renderers of results: text for a terminal, one HTML page for a person to sign. No I/O but writing the files."""
