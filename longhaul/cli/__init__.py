"""The command line `longhaul`. It imports no HTTP library before it has something to ask."""
