"""Access tokens for logins by OAuth 2 (RFC 6749): asked for over HTTPS, kept in memory while they last."""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urlencode, urlsplit

from sterna.errors import Retry, Scope, SternaError
from sterna.model.secret import Secret
from sterna.site.declaration import Grant, SourceOAuth
from sterna.site.secrets import read_secret

MARGIN_S: Final = 60.0
"""A token that lasts no longer than this is not used any more: a login may take that long."""

_LASTS_S: Final = 300.0
"""How long a token counts as good when the endpoint does not say it (RFC 6749 section 5.1 only recommends it)."""

_LONGEST_BYTES: Final = 256 * 1024
_NOT_NOW: Final = frozenset({429, 500, 502, 503, 504})


class TokenError(SternaError):
    """No access token for one account. No secret is in any field.

    Fields:
        url: the token endpoint.
        reason: why, as the endpoint or the system said it.
    """

    scope: ClassVar[Scope] = Scope.ACCOUNT
    exit_code: ClassVar[int] = 77  # EX_NOPERM

    def __init__(self, login: str, url: str, reason: str) -> None:
        self.login = login
        self.url = url
        self.reason = reason
        super().__init__(f"{url} gives no access token for {login}: {reason}. {self._todo()}")

    def _todo(self) -> str:
        return "Check client_id and client_secret_file in source.imap.oauth, and the account's refresh token"


class TokenUnavailableError(TokenError):
    """The token endpoint cannot be reached, or is busy."""

    scope: ClassVar[Scope] = Scope.SERVER
    retry: ClassVar[Retry] = Retry.LATER
    exit_code: ClassVar[int] = 75  # EX_TEMPFAIL

    def _todo(self) -> str:
        return "Nothing was done; run the same command again later"


@dataclass(slots=True)
class _Held:
    """What is known of one account: its token and until when it lasts, and a refresh token that replaced the first."""

    token: Secret
    until: float
    refresh: Secret | None


class Tokens:
    """Access tokens by login; safe for any number of tasks of one loop."""

    def __init__(self, declared: SourceOAuth, clock: Callable[[], float] = time.monotonic) -> None:
        self._declared = declared
        self._clock = clock
        self._held: dict[str, _Held] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def token(self, login: str, refresh: Secret | None, *, refused: Secret | None = None) -> Secret:
        """Return a token for the account that is called `login`.

        Args:
            login: what the account is called on the source; with client credentials one token serves all.
            refresh: the account's refresh token.
            refused: a token that the server did not take: another one is asked for.

        Raises:
            TokenError: the endpoint refuses one, or cannot be reached.
        """
        every = self._declared.grant is Grant.CLIENT_CREDENTIALS
        key = "" if every else login
        async with self._locks.setdefault(key, asyncio.Lock()):
            held = self._held.get(key)
            if held is None or held.until - self._clock() < MARGIN_S or held.token == refused:
                newest = held.refresh if held is not None and held.refresh is not None else refresh
                held = self._held[key] = await asyncio.to_thread(self._ask, login, newest)
            return held.token

    def _ask(self, login: str, refresh: Secret | None) -> _Held:
        declared = self._declared
        form = {"grant_type": declared.grant.value, "client_id": declared.client_id}
        if declared.client_secret_file is not None:
            form["client_secret"] = read_secret(declared.client_secret_file).reveal()
        if declared.grant is Grant.REFRESH_TOKEN:
            if refresh is None:
                reason = "it has no refresh token in the file of accounts (column password or password_file)"
                raise TokenError(login, declared.token_url, reason)
            form["refresh_token"] = refresh.reveal()
        if declared.scope is not None:
            form["scope"] = declared.scope
        asked_at = self._clock()
        status, answer = self._post(login, form)
        token, lasts_s = answer.get("access_token"), answer.get("expires_in", _LASTS_S)
        if status != http.client.OK or not isinstance(token, str) or not token:
            raise self._refusal(login, status, answer)
        if str(answer.get("token_type", "bearer")).lower() != "bearer":
            raise TokenError(login, declared.token_url, f"its token is no bearer token but {answer['token_type']!r}")
        replaced = answer.get("refresh_token")
        until = asked_at + (float(lasts_s) if isinstance(lasts_s, int | float | str) and _number(lasts_s) else _LASTS_S)
        return _Held(Secret(token), until, Secret(replaced) if isinstance(replaced, str) and replaced else refresh)

    def _post(self, login: str, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        declared = self._declared
        parts = urlsplit(declared.token_url)
        try:
            trust = ssl.create_default_context(cafile=None if declared.ca_file is None else str(declared.ca_file))
            trust.minimum_version = ssl.TLSVersion.TLSv1_2
            connection = http.client.HTTPSConnection(
                parts.hostname or "", parts.port, timeout=declared.timeout_s, context=trust
            )
            try:
                headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
                path = f"{parts.path}?{parts.query}" if parts.query else parts.path
                connection.request("POST", path, urlencode(form), headers)
                response = connection.getresponse()
                status, body = response.status, response.read(_LONGEST_BYTES)
            finally:
                connection.close()
        except ssl.SSLCertVerificationError as error:
            raise TokenError(login, declared.token_url, f"its certificate is not trusted: {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise TokenUnavailableError(login, declared.token_url, reason) from error
        try:
            answer = json.loads(body)
        except ValueError:
            answer = {}
        return status, answer if isinstance(answer, dict) else {}

    def _refusal(self, login: str, status: int, answer: dict[str, object]) -> TokenError:
        """Return the error that an answer without a token means; only its own words for errors are shown."""
        words = [str(answer[name]) for name in ("error", "error_description") if isinstance(answer.get(name), str)]
        kind = TokenUnavailableError if status in _NOT_NOW else TokenError
        return kind(login, self._declared.token_url, f"{status} {': '.join(words)}".rstrip())


def _number(value: float | str) -> bool:
    return not isinstance(value, str) or value.isdecimal()
