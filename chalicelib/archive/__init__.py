"""Archives: the bytes of their formats, and their layout. Pure: it imports nothing outside itself."""
