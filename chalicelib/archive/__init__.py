"""ZIP archives: bytes of the format and their layout (both pure), and their assembly on S3."""
