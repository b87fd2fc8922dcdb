"""SQS: the export queue, and what its messages say."""
