"""What security tools say of the template and the code. `make check` runs it."""
