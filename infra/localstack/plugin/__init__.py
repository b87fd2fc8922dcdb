"""LocalStack on the host, without Docker.

The modules named `localstack_*` are LocalStack's plugins, thin and bound to its classes. The others
use nothing but the standard library (`dynamodb_local` Java as well), so they can be read, run and
tested without LocalStack.
"""
