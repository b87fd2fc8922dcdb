"""Deploys Longhaul, and runs the emulator that it is deployed to on a laptop."""
