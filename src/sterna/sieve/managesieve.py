"""A ManageSieve connection (RFC 5804): an account's scripts, listed, read, checked and installed by an administrator.

The password leaves after TLS only. Every session ends with LOGOUT, also after an error: Cyrus 3.6.1's timsieved crashes
when a client goes without it.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Final

from sterna.errors import FormatError, SternaError
from sterna.imap.authentication import AuthorizationError, LoginError, LoginUnavailableError, without_secret
from sterna.imap.failures import ConnectError, ConnectionLostError
from sterna.imap.tls import TlsError
from sterna.imap.wire import Wire
from sterna.model.secret import Secret
from sterna.sieve.errors import ScriptInvalidError, SieveProtocolError, SieveRefusedError
from sterna.sieve.protocol import Response, ResponseReader, Status, literal, string
from sterna.site.declaration import Server, Tls

SCRATCH: Final = "sterna-check"
"""The name under which a script that is only checked would be stored."""

_FAREWELL_S: Final = 5.0
"""How long LOGOUT may take when everything else has been done or has failed already."""


class ManageSieve:
    """A conversation with one server about one account's scripts. Made by `open`.

    Attributes:
        capabilities: what the server offers, by name in upper case; ``SIEVE`` lists the extensions of its compiler.
    """

    def __init__(self, server: Server) -> None:
        self.capabilities: dict[str, str] = {}
        self._server = server
        self._reader = ResponseReader()
        self._waiting: list[asyncio.Future[Response]] = []
        self._failure: SternaError | None = None
        self._ended = False
        self._connected = False
        self._starting_tls = False
        self._wire = Wire(server, self)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, server: Server, user: str, password: Secret, *, authorize_as: str | None = None
    ) -> AsyncIterator[ManageSieve]:
        """Connect, protect the connection as declared, log in; log out at the end.

        Args:
            server: where.
            user: who logs in.
            password: the user's.
            authorize_as: the account whose scripts are meant, where that is not `user` (RFC 4616).

        Raises:
            ConnectError, ConnectionLostError, ServerTimeoutError: the server cannot be reached, or not any more.
            TlsError: no protected connection; no password was sent.
            LoginError, AuthorizationError, LoginUnavailableError: it does not let us in.
            SieveProtocolError: it is no ManageSieve server.
        """
        box = cls(server)
        try:
            await box._begin()
            await box._login(user, password, authorize_as)
            yield box
        finally:
            await box._leave()

    @property
    def extensions(self) -> frozenset[str]:
        """The extensions that scripts may require."""
        return frozenset(self.capabilities.get("SIEVE", "").split())

    async def list_scripts(self) -> dict[str, bool]:
        """Return the names of the account's scripts; at most one is active (True).

        Cyrus 3.6 shows names beyond ASCII as encoded words of a header field (RFC 2047), which are decoded here.
        """
        response = await self._run("LISTSCRIPTS")
        return {_script_name(name): active for name, active in response.scripts()}

    async def get_script(self, name: str) -> str:
        """Return a script, its lines ending in LF.

        Raises:
            SieveRefusedError: there is none of this name.
        """
        response = await self._run("GETSCRIPT", string(name.encode()), name=name)
        if len(response.rows) != 1 or len(response.rows[0]) != 1:
            raise SieveProtocolError(self._server.shown, "it answered GETSCRIPT without a script")
        return response.rows[0][0].decode("utf-8", "replace").replace("\r\n", "\n")

    async def check_script(self, text: str) -> None:
        """Let the server compile `text` without storing it.

        Cyrus 3.6 knows CHECKSCRIPT. A server of RFC 5804's drafts does not, and refuses the command.

        Raises:
            ScriptInvalidError: it is no script for this server.
        """
        await self._have_space(SCRATCH, text)
        await self._compiled("CHECKSCRIPT", literal(_encoded(text)), name="")

    async def put_script(self, name: str, text: str) -> None:
        """Store a script, over one of the same name; the server compiles it first.

        Raises:
            ScriptInvalidError: it is no script for this server; the old one is as it was.
            SieveRefusedError: it is too large, or there are too many.
        """
        await self._have_space(name, text)
        await self._compiled("PUTSCRIPT", string(name.encode()), literal(_encoded(text)), name=name)

    async def set_active(self, name: str) -> None:
        """Make a script the one that runs; an empty name makes none run.

        Raises:
            SieveRefusedError: there is none of this name.
        """
        await self._run("SETACTIVE", string(name.encode()), name=name)

    async def delete_script(self, name: str) -> None:
        """Remove a script that is not active.

        Raises:
            SieveRefusedError: there is none of this name, or it is active.
        """
        await self._run("DELETESCRIPT", string(name.encode()), name=name)

    # What the wire calls

    def received(self, data: bytes) -> None:
        """Put responses together and hand them to who waits."""
        try:
            responses = self._reader.receive(data)
        except FormatError as error:
            self._fail(SieveProtocolError(self._server.shown, str(error)))
            return
        for response in responses:
            if response.status is Status.BYE and not self._ended:
                self._fail(ConnectionLostError(self._server, f"the server said {response.text!r}"))
                return
            if not self._waiting:
                self._fail(SieveProtocolError(self._server.shown, "it answered without being asked"))
                return
            if self._starting_tls and response.status is Status.OK:
                self._wire.hold()
            waiting = self._waiting.pop(0)
            if not waiting.done():
                waiting.set_result(response)

    def sent(self) -> None:
        """Nothing waits for that: scripts are small."""

    def lost(self, error: SternaError | None) -> None:
        """Fail what is in flight."""
        self._failure = self._failure or error or ConnectionLostError(self._server, "it was closed on our side")
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_exception(self._failure)
                future.exception()  # who has given up waiting for it commits no offence

    def expects(self) -> bool:
        """Whether an answer is owed."""
        return bool(self._waiting)

    # The beginning and the end

    async def _begin(self) -> None:
        greeting = self._expect()
        await self._wire.connect()
        self._connected = True
        self._wire.watch()
        self._learn(await greeting)
        if self._server.tls is Tls.STARTTLS:
            await self._start_tls()

    async def _start_tls(self) -> None:
        """Protect the connection; what the server said before is forgotten (RFC 5804 section 2.2)."""
        if "STARTTLS" not in self.capabilities:
            raise self._no_tls("it does not offer STARTTLS")
        self._starting_tls = True
        response = await self._command(b"STARTTLS")
        self._starting_tls = False
        if response.status is not Status.OK:
            raise self._no_tls(f"it refused STARTTLS: {response.text}")
        if self._reader.pending:
            raise self._no_tls("bytes in clear came behind its answer to STARTTLS, which is how an attack looks")
        self.capabilities = {}
        greeting = self._expect()
        await self._wire.start_tls()
        self._wire.watch()
        self._learn(await greeting)

    async def _login(self, user: str, password: Secret, authorize_as: str | None) -> None:
        where = self._server.shown
        wrong = LoginError if authorize_as is None else AuthorizationError
        parts = (authorize_as or "", user, password.reveal())
        if any("\0" in part for part in parts):
            reason = "the name or the password holds a NUL character, which no server accepts"
            raise wrong(user, where, reason, authorize_as=authorize_as)
        if "PLAIN" not in self.capabilities.get("SASL", "").split():
            reason = "it does not offer SASL PLAIN on this connection"
            raise wrong(user, where, reason, authorize_as=authorize_as)
        coded = base64.b64encode("\0".join(parts).encode())
        response = await self._command(b'AUTHENTICATE "PLAIN" ' + string(coded))
        if response.status is not Status.OK:
            if response.code.upper() == "TRYLATER":
                wrong = LoginUnavailableError
            raise wrong(user, where, without_secret(response.text.encode(), password), authorize_as=authorize_as)
        self._learn(await self._command(b"CAPABILITY"))

    async def _leave(self) -> None:
        """Say LOGOUT and close, whatever happened."""
        self._ended = True
        if self._connected and self._failure is None:
            with contextlib.suppress(SternaError, TimeoutError):
                async with asyncio.timeout(_FAREWELL_S):
                    await self._command(b"LOGOUT")
        await self._wire.close()

    # Commands

    async def _run(self, word: str, *arguments: bytes, name: str = "") -> Response:
        response = await self._command(b" ".join((word.encode(), *arguments)))
        if response.status is not Status.OK:
            raise SieveRefusedError(self._server.shown, word, name, response.code, response.text)
        return response

    async def _compiled(self, word: str, *arguments: bytes, name: str) -> None:
        response = await self._command(b" ".join((word.encode(), *arguments)))
        if response.status is Status.OK:
            return
        if response.code and not response.code.upper().startswith("WARNINGS"):
            raise SieveRefusedError(self._server.shown, word, name, response.code, response.text)
        raise ScriptInvalidError(self._server.shown, name, response.text)

    async def _have_space(self, name: str, text: str) -> None:
        """Make sure that a script is not too large: Cyrus refuses such unread, and then takes it for commands.

        Raises:
            SieveRefusedError: it is.
        """
        line = b"HAVESPACE %b %d" % (string(name.encode()), len(_encoded(text)))
        response = await self._command(line)
        if response.status is not Status.OK and not (name == SCRATCH and response.code.upper() == "QUOTA/MAXSCRIPTS"):
            raise SieveRefusedError(self._server.shown, "HAVESPACE", name, response.code, response.text)

    async def _command(self, line: bytes) -> Response:
        answer = self._expect()
        self._send(line + b"\r\n")
        return await answer

    def _expect(self) -> asyncio.Future[Response]:
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        if self._failure is not None:
            future.set_exception(self._failure)
        else:
            self._waiting.append(future)
        return future

    def _send(self, data: bytes) -> None:
        if self._failure is None:
            self._wire.watch()
            self._wire.send([data])

    def _fail(self, error: SternaError) -> None:
        self.lost(error)
        self._wire.fail(error)

    def _learn(self, response: Response) -> None:
        if response.status is not Status.OK:
            raise ConnectError(self._server, f"the server said {response.text!r}")
        self.capabilities = {
            row[0].decode("ascii", "replace").upper(): row[1].decode("utf-8", "replace") if len(row) > 1 else ""
            for row in response.rows
        }

    def _no_tls(self, reason: str) -> TlsError:
        where = self._server.shown
        return TlsError(self._server, f"{where} gives no protected connection: {reason}", "Enable TLS on the server.")


def _script_name(name: bytes) -> str:
    text = name.decode("utf-8", "replace")
    if not (text.startswith("=?") and text.endswith("?=")):
        return text
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError, HeaderParseError):  # somebody may call a script just like that
        return text


def _encoded(text: str) -> bytes:
    """Return a script as it travels: UTF-8, lines ending in CRLF (RFC 5228 section 2.2)."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
