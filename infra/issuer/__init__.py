"""A local OpenID provider, for development and tests alone: it believes everybody.

`make up AUTH=jwt` starts it beside the emulator. It does what the page and the command line need of
a real provider: authorization code with PKCE, refresh tokens, device authorization.
"""

from infra.issuer.memory import AUDIENCE, CLIENT_ID
from infra.issuer.process import ACCESS_SECONDS, running, start, stop, token, url

__all__ = ["ACCESS_SECONDS", "AUDIENCE", "CLIENT_ID", "running", "start", "stop", "token", "url"]
