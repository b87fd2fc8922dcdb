"""See inside a stack while it runs: what its functions log becomes metrics, traces and logs."""
