"""Plays the real planner's plans against a model of AWS.

`make simulate` runs it. docs/simulate.md says how to read the results.
"""
