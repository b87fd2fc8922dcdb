"""LocalStack's HTTP server on the loopback interface, chosen by GATEWAY_SERVER=loopback.

LocalStack's own binds every interface, whatever address GATEWAY_LISTEN gives, and anyone who
reaches it may do anything. This one takes over a socket that is already bound, so that whoever
starts LocalStack knows its port and no one else can take it in between.
"""

# LocalStack's packages are not where this is checked, and have no types where they are.
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
    """Tells LocalStack of the server."""

    name = "loopback"

    def load(self) -> RuntimeServer:
        return LoopbackServer()


class LoopbackServer(TwistedRuntimeServer):
    """LocalStack's server but for where it listens."""

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
