"""The headers of what is sent: a secret in Secrets Manager, kept in this process for some minutes.

No message has a part of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from chalicelib.aws import SecretsManager

FRESH_MS: Final = 5 * 60_000
"""How long the headers are used before they are read again."""


class HeadersNotRead(Exception):
    """The secret could not be read. The text says why."""


@dataclass(slots=True)
class SecretHeaders:
    """The text of one secret, whose ARN is `secret`: `name=value,…`. Times are Unix ms."""

    secret: str
    client: "Callable[[], SecretsManager]"
    _text: str | None = field(default=None, repr=False)
    _read_at: int = 0

    def text(self, now: int) -> str:
        """Returns the text; nothing if there is no secret. Raises HeadersNotRead."""
        if not self.secret:
            return ""
        if self._text is None or not 0 <= now - self._read_at < FRESH_MS:
            self._text, self._read_at = self._read(), now
        return self._text

    def forget(self) -> None:
        """Reads the secret again the next time that it is asked for."""
        self._text = None

    def _read(self) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

        from chalicelib.aws import error_code

        try:
            text = self.client().get_secret_value(SecretId=self.secret).get("SecretString")
        except ClientError as error:
            raise HeadersNotRead(f"could not read the secret: {error_code(error)}") from None
        except BotoCoreError as error:
            raise HeadersNotRead(f"could not read the secret: {type(error).__name__}") from None
        if not isinstance(text, str):
            raise HeadersNotRead("the secret is binary, and must be a text: name=value,…")
        return text
