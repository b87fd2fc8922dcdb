"""Measures what an archive costs: with Longhaul, with other tools, and with S3's own copies alone.

`make bench` runs it. docs/bench.md says how to read the results.
"""
