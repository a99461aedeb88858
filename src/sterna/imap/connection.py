"""One IMAP connection: the engine's conversation carried over a wire, as futures.

Any number of commands may be in flight; untagged data goes to the oldest of them. A command whose caller was
cancelled is still carried out by the server, its answer is thrown away, and the connection stays in step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from sterna.errors import Scope, SternaError
from sterna.imap.answers import Answer, CommandError, command_word, refusal, shown
from sterna.imap.authentication import (
    AccountLoginError,
    AuthorizationError,
    Credentials,
    LoginError,
    LoginUnavailableError,
    UnusableCredentialsError,
    login_exchange,
    without_secret,
)
from sterna.imap.codes import TEMPORARY, Status, code_name
from sterna.imap.content import Keep
from sterna.imap.engine import (
    Completed,
    Engine,
    Event,
    Goodbye,
    Greeting,
    Piece,
    Ticket,
    Untagged,
)
from sterna.imap.failures import ConnectError, ConnectionLostError
from sterna.imap.fragments import Limits, Response
from sterna.imap.pending import Pending
from sterna.imap.responses import parse_capability
from sterna.imap.tls import TlsError
from sterna.imap.wire import Wire
from sterna.model.secret import Secret
from sterna.site.declaration import Server, Tls

__all__ = ["Answer", "CommandError", "Connection", "refusal"]

_ENOUGH: Final = 256 * 1024
"""`Connection.drain` returns when no more than this many bytes wait to be sent."""


class Connection:
    """A conversation with one server, from greeting to logout. Made by `open`; also an async context manager.

    Attributes:
        capabilities: what the server offers at this moment, in upper case.
        greeting: the text of its greeting, without response code.
    """

    def __init__(self, server: Server, limits: Limits | None = None, keep: Keep | None = None) -> None:
        self.capabilities: frozenset[bytes] = frozenset()
        self.greeting = b""
        self._server = server
        self._engine = Engine(limits, keep=keep)
        self._pending: dict[Ticket, Pending] = {}
        self._greeted: asyncio.Future[Greeting] = asyncio.get_running_loop().create_future()
        self._draining: list[asyncio.Future[None]] = []
        self._failure: SternaError | None = None
        self._goodbye = b""
        self._told_capabilities = False
        self._starting_tls: Ticket | None = None
        self._last_clear_byte = False
        self._wire = Wire(server, self)

    @classmethod
    async def open(cls, server: Server, limits: Limits | None = None, keep: Keep | None = None) -> Self:
        """Connect to `server`, wait for its greeting, and protect the connection as declared.

        Args:
            server: the server.
            limits: how much is taken from it at once.
            keep: makes room for large literals outside memory; without it all are held in memory.

        Raises:
            ConnectError: it cannot be reached, or says BYE.
            TlsError: no protected connection, so no password may be sent.
            ServerProtocolError: it is no IMAP server.
        """
        connection = cls(server, limits, keep)
        opened = False
        try:
            await connection._wire.connect()
            await connection._begin()
            opened = True
        finally:
            if not opened:  # cancelled too
                await connection._wire.abort()
        return connection

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            await self.logout()
        else:
            await self._wire.abort()

    async def login(self, user: str, password: Secret, *, authorize_as: str | None = None) -> None:
        """Log in as `user`, to act as `authorize_as` where that is given (RFC 4616).

        Raises:
            LoginError: wrong name or password, or no way to log in like this.
            AuthorizationError: the same, with `authorize_as` given.
            LoginUnavailableError: the server cannot tell just now.
        """
        await self.log_in(Credentials(user, password, authorize_as))

    async def log_in(self, credentials: Credentials) -> None:
        """Log in by the mechanism that `credentials` name.

        Raises:
            LoginError: wrong name or secret, or no way to log in like this.
            AuthorizationError, AccountLoginError: the same, where it concerns one account only.
            LoginUnavailableError: the server cannot tell just now.
        """
        where, user, authorize_as = self._server.shown, credentials.user, credentials.authorize_as
        wrong = LoginError if authorize_as is None else AuthorizationError
        if credentials.one_account:
            wrong = AccountLoginError
        try:
            exchange = login_exchange(credentials, self.capabilities)
        except UnusableCredentialsError as error:
            raise wrong(user, where, str(error), authorize_as=authorize_as) from None
        self._told_capabilities = False
        answer = await self.command(*exchange.pieces)
        if answer.status is not Status.OK:
            if code_name(answer.code) in TEMPORARY:
                wrong = LoginUnavailableError
            said = b" ".join((answer.text, *exchange.said))
            raise wrong(user, where, without_secret(said, credentials.secret), authorize_as=authorize_as)
        if not self._told_capabilities:
            await self.run(b"CAPABILITY")

    async def compress(self) -> bool:
        """Compress what is said from here on, where the server can (RFC 4978); return whether it does.

        Nothing else may be in flight.
        """
        if b"COMPRESS=DEFLATE" not in self.capabilities:
            return False
        if (await self.command(b"COMPRESS DEFLATE")).status is not Status.OK:
            return False
        self._wire.compress()
        return True

    async def command(self, *pieces: Piece) -> Answer:
        """Send one command and return its answer, whatever it is."""
        return await self.submit(*pieces)

    async def run(self, *pieces: Piece) -> Answer:
        """Send one command and return its answer, which is OK.

        Raises:
            CommandError: the answer is NO or BAD.
        """
        answer = await self.command(*pieces)
        if answer.status is not Status.OK:
            raise refusal(command_word(pieces), answer)
        return answer

    def submit(
        self, *pieces: Piece, on_untagged: Callable[[Response], None] | None = None, in_parts: bool = False
    ) -> asyncio.Future[Answer]:
        """Send one command without waiting; its answer comes by the future.

        Args:
            pieces: text, without tag and CRLF, and literals.
            on_untagged: takes each untagged response as it comes, instead of `Answer.untagged`. What it raises becomes
                the future's exception once the command is completed, and it is not called again.
            in_parts: long untagged lines are given to `on_untagged` in parts as they come (`Response.continues`); no
                other command may be in flight then.
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if self._failure is not None:
            future.set_exception(self._failure)
            future.exception()  # not asking for the answer is no offence: the failure is known elsewhere
            return future
        ticket = self._engine.submit(*pieces)
        if not self._pending:
            self._wire.watch()
        self._pending[ticket] = Pending(future, on_untagged)
        if in_parts:
            self._engine.take_parts(on=True)
        self._flush()
        return future

    async def drain(self) -> None:
        """Wait until little is left to be sent; await it between submits, so that memory holds no more than a few."""
        while self._failure is None and self._engine.unsent_bytes + self._wire.backlog_bytes > _ENOUGH:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._draining.append(waiter)
            await waiter
        if self._failure is not None:
            raise self._failure

    async def logout(self) -> None:
        """Say goodbye and close. A server that has gone already is no error here."""
        if self._failure is None:
            try:
                await self.command(b"LOGOUT")
            except SternaError as error:
                if error.scope is not Scope.SERVER:
                    raise
        await self.close()

    async def close(self) -> None:
        """Close without a word. What is in flight fails with `ConnectionLostError`."""
        await self._wire.close()

    # What the wire calls

    def received(self, data: bytes) -> None:
        """Let the engine read `data`, and act on what it says."""
        try:
            for event in self._engine.receive(data):
                self._refuse_clear_text()
                self._act(event)
            if not self._engine.is_between_responses:
                self._refuse_clear_text()
        except SternaError as error:  # the protocol is broken, or a large literal cannot be kept
            self._end(error)
            self._wire.fail(error)
            return
        self._flush()

    def sent(self) -> None:
        """Let those go on who wait for `drain`."""
        waiting, self._draining = self._draining, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def lost(self, error: SternaError | None) -> None:
        """Fail what is in flight."""
        if isinstance(error, ConnectionLostError) and self._goodbye:
            error = ConnectionLostError(error.server, f"the server said {shown(self._goodbye)!r}")
        self._end(error or ConnectionLostError(self._server, "it was closed on our side"))

    def expects(self) -> bool:
        """Whether an answer or the greeting is owed."""
        return bool(self._pending) or not self._greeted.done()

    async def _begin(self) -> None:
        self._wire.watch()
        greeting = await self._greeted
        self.greeting = greeting.text
        if greeting.kind == b"BYE":
            raise ConnectError(self._server, f"the server said {shown(greeting.text)!r}")
        if self._server.tls is Tls.STARTTLS:
            if greeting.kind == b"PREAUTH":
                raise self._no_tls("it logged the connection in by itself before it could be protected")
            await self._start_tls()
        if not self._told_capabilities:
            await self.run(b"CAPABILITY")

    async def _start_tls(self) -> None:
        """Protect the connection; nothing that was said before counts afterwards (RFC 9051 section 6.2.1)."""
        future = self.submit(b"STARTTLS")
        self._starting_tls = next(reversed(self._pending), None)
        answer = await future
        if answer.status is not Status.OK:
            raise self._no_tls(f"it refused STARTTLS: {shown(answer.text)}")
        await self._wire.start_tls()
        self._last_clear_byte = False
        self._told_capabilities = False
        self.capabilities = frozenset()

    def _no_tls(self, reason: str) -> TlsError:
        where = self._server.shown
        return TlsError(self._server, f"{where} gives no protected connection: {reason}", "Enable TLS on the server.")

    def _refuse_clear_text(self) -> None:
        if self._last_clear_byte:
            raise self._no_tls("bytes in clear came behind its answer to STARTTLS, which is how an attack looks")

    def _act(self, event: Event) -> None:
        match event:
            case Untagged(response):
                line = response.parts[0]
                if line[2:13].upper() == b"CAPABILITY " and not response.continues:
                    self._learn(line[13:])
                for pending in self._pending.values():  # the oldest in flight, if any
                    pending.take(response)
                    break
            case Completed(ticket, status, code, _):
                if code_name(code) == b"CAPABILITY":
                    self._learn(code or b"")
                if ticket == self._starting_tls and status is Status.OK:
                    self._last_clear_byte = True
                    self._wire.hold()
                self._engine.take_parts(on=False)
                self._pending.pop(ticket).finish(event)
            case Greeting(_, code, _):
                if code_name(code) == b"CAPABILITY":
                    self._learn(code or b"")
                self._greeted.set_result(event)
            case Goodbye(_, text):
                self._goodbye = text or b"BYE"

    def _learn(self, text: bytes) -> None:
        self.capabilities = parse_capability(text)
        self._told_capabilities = True

    def _flush(self) -> None:
        if self._failure is None:
            self._wire.send(self._engine.bytes_to_send())
            if self._draining and self._engine.unsent_bytes + self._wire.backlog_bytes <= _ENOUGH:
                self.sent()

    def _end(self, error: SternaError) -> None:
        if self._failure is not None:
            return
        self._failure = error
        futures: list[asyncio.Future[Answer] | asyncio.Future[Greeting]] = [self._greeted]
        futures += [pending.future for pending in self._pending.values()]
        self._pending.clear()
        for future in futures:
            if not future.done():
                future.set_exception(error)
                future.exception()  # not asking for the answer is no offence: the failure is known elsewhere
        self.sent()
