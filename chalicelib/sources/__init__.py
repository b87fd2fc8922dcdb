"""Which source files an export takes."""
