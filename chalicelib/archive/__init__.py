"""The bytes of archives, and their layout. Pure."""
