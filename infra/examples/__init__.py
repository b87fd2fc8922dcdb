"""Runs one of the folders in examples/ beside a stack of its own: `make example NAME=react`."""
