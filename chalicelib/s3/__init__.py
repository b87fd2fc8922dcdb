"""S3: one bucket, its objects and uploads, and a shorter way to them."""
