"""The way to the hosts of webhooks: one POST, to an address that was checked.

A host's name may resolve to another address each time that somebody asks. So it is resolved once,
all of its addresses are checked, and the connection goes to one of these. A general HTTP client
would resolve the name again, heed a proxy, follow a redirect, or wait for as long as bytes come.
"""

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cache
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any, Final, Protocol

from chalicelib.networks import is_near, is_public
from chalicelib.pools import Pools, Threads
from chalicelib.receivers import Place

if TYPE_CHECKING:
    from socket import socket
    from ssl import SSLContext, SSLError

WITHIN_SECONDS: Final = 10.0
"""The longest time from the question for the host's address to the end of the answer's head."""

CONNECT_SECONDS: Final = 3.0
"""The longest wait for one address of a host that has more."""

HEAD_MAX: Final = 64 * 1024
"""The most bytes of all heads that come, interim ones too."""

REASON_MAX: Final = 199  # characters, all of them ASCII
_SHOWN: Final = 100  # characters of a host

_PORTS: Final = {"https": 443, "http": 80}
_CLOSED: Final = "the connection was closed before an answer"


class NotReached(Exception):
    """No answer came. The text says why, in a few words. `is_final`: no other try helps."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason[:REASON_MAX]
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a host. `retry_after` are the seconds that it asks to wait, if it does."""

    status: int
    retry_after: int | None = None


class Outbound(Protocol):
    """Posts webhooks."""

    def post(self, place: Place, headers: Mapping[str, str], body: bytes, /) -> Answer:
        """Returns the answer. Raises NotReached."""


def addresses(host: str, port: int) -> list[str]:
    """Returns the IP addresses of a host, the best one first. Raises OSError."""
    import socket

    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def connected(address: str, port: int, seconds: float) -> "socket":
    """Returns a connection to an IP address. Raises OSError."""
    import socket

    return socket.create_connection((address, port), seconds)


@cache
def trusting() -> "SSLContext":
    """Returns what trusts the certificates that this machine trusts."""
    from ssl import TLSVersion, create_default_context

    context = create_default_context()
    context.minimum_version = TLSVersion.TLSv1_2  # Debian leaves it to a file of the machine
    context.set_alpn_protocols(["http/1.1"])
    return context


@dataclass(frozen=True, slots=True)
class Https:
    """Posts over the internet. `is_local`: a host that WEBHOOK_HOSTS names with its port may be on
    this machine, or on its network. `within` are seconds. `resolve` and `connect` raise OSError."""

    is_local: bool = False
    within: float = WITHIN_SECONDS
    resolve: Callable[[str, int], list[str]] = addresses
    connect: Callable[[str, int, float], "socket"] = connected
    tls: Callable[[], "SSLContext"] = trusting
    pools: Pools = field(default_factory=Threads)

    def post(self, place: Place, headers: Mapping[str, str], body: bytes, /) -> Answer:
        """Returns the answer, of which only the head is read. Raises NotReached."""
        import ssl

        from chalicelib import heads

        request = heads.request(place.target, {"Host": _host(place), **headers}, body)
        time = _Time(self.within)
        try:
            found = self._checked(place, time)
            with closing(self._connected(place, found, time)) as way:
                return _answer(way, request, time)
        except TimeoutError:
            raise NotReached(time.over) from None
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError, heads.BrokenOff):
            raise NotReached(_CLOSED) from None
        except heads.NotHttp:
            raise NotReached("the answer is not HTTP") from None
        except ssl.SSLCertVerificationError as error:
            raise NotReached(f"the certificate is not valid: {error.verify_message}") from None
        except ssl.SSLError as error:
            raise NotReached(f"no TLS connection: {_name(error)}") from None
        except OSError as error:
            raise NotReached(f"the connection broke: {_words(error)}") from None

    def _checked(self, place: Place, time: "_Time") -> list[str]:
        """Returns the addresses of the host. All of them are allowed. Raises NotReached, or
        TimeoutError."""
        found = self._resolved(place, time)
        if not found:
            raise NotReached(f"the name {place.host[:_SHOWN]} does not resolve")
        may_be_near = self.is_local and place.is_named
        for address in found:
            if not (is_public(address) or (may_be_near and is_near(address))):
                # Not the address itself: it may tell of a network that the caller must not know.
                raise NotReached(
                    f"{place.host[:_SHOWN]} resolves to an address that is not public",
                    is_final=True,
                )
        return found

    def _resolved(self, place: Place, time: "_Time") -> list[str]:
        """Returns the addresses of the host; none if the name has none. A thread asks for them,
        because nothing else can end the wait for a name server. Raises TimeoutError."""
        from concurrent.futures import FIRST_COMPLETED

        pool = self.pools(1)
        try:
            asked = pool.submit(self.resolve, place.host, place.port)
            done, _ = self.pools.wait([asked], time.left(), FIRST_COMPLETED)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        if not done:
            raise TimeoutError
        try:
            return asked.result()
        except (OSError, UnicodeError):  # Python's codec for names raises the latter
            return []

    def _connected(self, place: Place, found: list[str], time: "_Time") -> "socket":
        """Returns a connection to the first address that takes one, with TLS on it if the place has
        it. Raises NotReached, TimeoutError, or the OSError of TLS."""
        way = self._reached(place, found, time)
        if place.scheme != "https":
            return way
        try:
            tls = self.tls()  # reads all that this machine trusts, when it is the first time
            # The whole handshake, however many reads it takes, has this much time.
            way.settimeout(time.left())
            # The name is for SNI, and for the check of the certificate.
            return tls.wrap_socket(way, server_hostname=place.host)
        except BaseException:
            way.close()
            raise

    def _reached(self, place: Place, found: list[str], time: "_Time") -> "socket":
        """Returns a connection to the first address that takes one. Raises NotReached or
        TimeoutError."""
        reason = ""
        for at, address in enumerate(found, 1):
            left = time.left()
            try:
                return self.connect(
                    address, place.port, left if at == len(found) else min(left, CONNECT_SECONDS)
                )
            except TimeoutError:
                reason = time.over
            except ConnectionRefusedError:
                reason = "no connection: refused"
            except OSError as error:
                reason = f"no connection: {_words(error)}"
        raise NotReached(reason)


class _Time:
    """The time that is left for one POST."""

    def __init__(self, seconds: float) -> None:
        from time import monotonic

        self.over = f"no answer within {seconds:g} s"
        self._clock = monotonic
        self._until = monotonic() + seconds

    def left(self) -> float:
        """Returns how many seconds are left. Raises TimeoutError if none are."""
        seconds = self._until - self._clock()
        if seconds <= 0:
            raise TimeoutError
        return seconds


class _Head(RawIOBase):
    """The first bytes that come from a connection, while there is time."""

    def __init__(self, way: "socket", time: _Time) -> None:
        self._way, self._time = way, time
        self._left = HEAD_MAX

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            raise NotReached(f"the head of the answer is longer than {HEAD_MAX // 1024} KB")
        self._way.settimeout(self._time.left())
        with memoryview(buffer) as whole, whole[: self._left] as room:
            came = self._way.recv_into(room)
        self._left -= came
        return came


def _answer(way: "socket", request: bytes, time: _Time) -> Answer:
    """Sends the request, and reads the head of its answer. Raises NotReached, what heads.answer
    raises, or the OSError of the connection."""
    from time import time as now

    from chalicelib import heads

    # A host that closes before it has read all may have answered.
    with suppress(BrokenPipeError, ConnectionResetError), memoryview(request) as whole:
        at = 0
        while at < len(whole):
            way.settimeout(time.left())
            at += way.send(whole[at:])
    reader: BufferedReader = BufferedReader(_Head(way, time))
    status, wait = heads.answer(reader)
    return Answer(status, None if wait is None else heads.seconds_to_wait(wait, now()))


def _host(place: Place) -> str:
    """Returns the header Host, as RFC 9110, section 7.2, has it."""
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port == _PORTS[place.scheme] else f"{host}:{place.port}"


def _name(error: "SSLError") -> str:
    """Returns OpenSSL's own name of the problem, as words. Not every error has one."""
    return (getattr(error, "reason", None) or type(error).__name__).lower().replace("_", " ")


def _words(error: OSError) -> str:
    """Returns the system's own words for the problem."""
    from os import strerror

    return strerror(error.errno).lower() if error.errno else type(error).__name__
