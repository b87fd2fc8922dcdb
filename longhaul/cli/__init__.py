"""The command line `longhaul`. It imports the HTTP library only when it sends a request."""
