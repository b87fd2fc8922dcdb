"""Which source files an export takes: file ids, keys, or all below a prefix."""
