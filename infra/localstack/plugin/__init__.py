"""LocalStack on the host, without Docker.

The modules named `localstack_*` are LocalStack's plugins. They are thin, and depend on its classes.
The others use only the standard library (`dynamodb_local` also uses Java). So they can be read, run
and tested without LocalStack.
"""
