"""LocalStack's HTTP server on the loopback interface. GATEWAY_SERVER=loopback chooses it.

LocalStack's own server binds every interface, whatever GATEWAY_LISTEN says, and anyone who reaches
it may do anything. This one takes over a socket that is already bound. So the process that starts
LocalStack knows its port, and no other process can take the port in between.
"""

# LocalStack's packages are not installed where mypy runs, and have no types where they are.
# mypy: disable-error-code="import-not-found,misc,untyped-decorator"

import os
import socket

from localstack import config
from localstack.aws.serving.twisted import TLSMultiplexerFactory
from localstack.runtime.server.core import RuntimeServer, RuntimeServerPlugin
from localstack.runtime.server.twisted import TwistedRuntimeServer
from rolo.gateway import Gateway
from rolo.serving.twisted import TwistedGateway
from twisted.internet import endpoints, reactor, ssl

SOCKET_SETTING = "LONGHAUL_LISTEN_FD"
"""File descriptor of the listening TCP socket to serve on."""


class LoopbackServerPlugin(RuntimeServerPlugin):
    """Makes the server known to LocalStack."""

    name = "loopback"

    def load(self) -> RuntimeServer:
        return LoopbackServer()


class LoopbackServer(TwistedRuntimeServer):
    """LocalStack's server, except for where it listens."""

    def register(
        self,
        gateway: Gateway,
        _listen: list[config.HostAndPort],
        ssl_creds: tuple[str, str] | None = None,
    ) -> None:
        protocol = TwistedGateway(gateway)
        if ssl_creds:
            certificate, key = ssl_creds
            contexts = ssl.DefaultOpenSSLContextFactory(key, certificate)
            protocol = TLSMultiplexerFactory(contexts, isClient=False, wrappedFactory=protocol)
        descriptor = int(os.environ[SOCKET_SETTING])
        endpoint = endpoints.AdoptedStreamServerEndpoint(reactor, descriptor, socket.AF_INET)
        endpoint.listen(protocol)
