"""LocalStack as a target: in a container (compose.yml) or on the host, without one (host.py)."""
