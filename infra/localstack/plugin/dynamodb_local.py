"""AWS's DynamoDB Local on the loopback interface, as a process of its own.

    python -m longhaul_localstack.dynamodb_local PARENT HEAP DIRECTORY PORT [DB_PATH]

From the command line, DynamoDB Local listens on every interface, and no option prevents that. So it
runs in a Java machine inside this process. Its public entry point makes the server. Then Jetty, the
HTTP server inside, gets its address before it starts. AWS's files stay as they are.
"""

# Java's packages are not installed where mypy runs, and have no types where they are.
# mypy: disable-error-code="import-not-found,misc,untyped-decorator"

import sys

import jpype

from .leash import tie_to_parent

_HOST = "127.0.0.1"
_ENTRY_POINT = "software.amazon.dynamodb.services.local.main.ServerRunner"
_HTTP_SERVER = "org.eclipse.jetty.server.Server"

# It does not run for long: a quick start matters more than speed later.
_JAVA_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")


def main(parent: int, heap: str, directory: str, port: int, db_path: str) -> None:
    """Serves until this process or `parent` ends."""
    tie_to_parent(parent)
    libraries = f"{directory}/DynamoDBLocal_lib"
    jpype.startJVM(
        *_JAVA_OPTIONS,
        f"-Xmx{heap}",
        f"-Djava.library.path={libraries}",
        classpath=[f"{directory}/DynamoDBLocal.jar", f"{libraries}/*"],
    )
    options = ["-port", str(port)]
    options += ["-dbPath", db_path] if db_path else ["-inMemory"]
    arguments = jpype.JArray(jpype.JString)(options)
    server = jpype.JClass(_ENTRY_POINT).createServerFromCommandLineArgs(arguments)
    for connector in _http_server(server).getConnectors():
        connector.setHost(_HOST)
    server.start()
    server.join()


def _http_server(server: jpype.JObject) -> jpype.JObject:
    wanted = jpype.JClass(_HTTP_SERVER).class_
    for field in server.getClass().getDeclaredFields():
        if field.getType().equals(wanted):
            field.setAccessible(True)
            return field.get(server)
    raise RuntimeError("This DynamoDB Local has no Jetty, so it would be open to the network.")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
