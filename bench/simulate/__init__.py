"""The real planner's plans, played against a model of AWS. `make simulate` runs it, and
docs/simulate.md says how to read it."""
