"""What is told of a job, to whom, and what comes of it: events, webhooks and mail."""
