"""The job record, its state machine, and its table."""
