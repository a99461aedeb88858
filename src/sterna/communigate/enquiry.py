"""Questions to the CLI, with older words for servers that do not know the newer ones."""

from __future__ import annotations

from sterna.communigate.commands import Command, Keyword, ReadCommand
from sterna.communigate.connection_errors import NO_ANSWER, CommandRefusedError
from sterna.communigate.pool import CliPool
from sterna.communigate.values import Value
from sterna.model.finding import Finding, Outcome


class Enquiry:
    """Asks, and remembers which commands this server does not have."""

    def __init__(self, pool: CliPool) -> None:
        self._pool = pool
        self.unknown: dict[ReadCommand, CommandRefusedError] = {}

    async def ask(self, *words: ReadCommand, about: tuple[Keyword | Value, ...] = ()) -> Value:
        """Return the answer to the first of `words` that the server knows.

        Raises:
            CommandRefusedError: the server knows none of them, or refuses.
            DataFormatError: the answer cannot be read.
        """
        for word in words:
            if word in self.unknown:
                continue
            try:
                return await self._pool.ask(Command(word, about))
            except CommandRefusedError as error:
                if not error.unknown_command:
                    raise
                self.unknown[word] = error.again()
        # A new error each time: one that is raised again and again collects the frames of all who asked.
        raise self.unknown[words[-1]].again()


class Notes:
    """The findings about one account, and the questions about it whose refusal is only a finding."""

    def __init__(self, enquiry: Enquiry, account: str) -> None:
        self.findings: list[Finding] = []
        self._enquiry = enquiry
        self._account = account

    def add(self, *findings: Finding) -> None:
        """Note findings."""
        self.findings += findings

    async def ask(self, kind: str, *words: ReadCommand, about: tuple[Keyword | Value, ...] = ()) -> Value:
        """Return the answer about the account, None when there is none; then a finding of `kind` tells why.

        That the server does not have a command at all is no finding about every single account:
        `SourceServer.server_findings` tells it.

        Raises:
            CommandRefusedError: the account is gone.
        """
        try:
            return await self._enquiry.ask(*words, about=(self._account, *about))
        except CommandRefusedError as error:
            if error.gone:
                raise
            if not error.unknown_command:
                why = f"the source refuses it: {error.code} {error.text}"
                self.add(Finding(kind, self._account, Outcome.UNREADABLE, words[0].value, why))
        except NO_ANSWER as error:
            why = f"the source's answer cannot be read: {error}"
            self.add(Finding(kind, self._account, Outcome.UNREADABLE, words[0].value, why))
        return None
