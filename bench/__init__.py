"""What an archive costs: ours, other tools' and the least that S3 itself needs, measured side by
side. `make bench` runs it; docs/bench.md says how to read it."""
