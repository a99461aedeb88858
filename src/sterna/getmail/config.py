"""getmail's configuration for one account elsewhere: its text, and what it cannot do as the source did.

The file is read by Python's ConfigParser without interpolation: a value is the rest of its line, without the space
around it. What does not fit into that is refused here, never written differently.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sterna.getmail.names import file_name
from sterna.getmail.seen import seen_file, seen_file_name
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.mailbox import INBOX
from sterna.model.polling import PolledAccount

RCFILE: Final = "getmailrc"
SKIP: Final = "skip"
"""A second configuration, to be run once: it only notes what lies there as fetched."""

_SESSION: Final = (
    "# What was delivered is noted at the end of a session: after a crash it comes again, so sessions are short.",
    "# to_oldmail_on_each_mail would be no help: getmail 6.18 forgets with it what it noted before.",
    "max_messages_per_session = 100",
)

POP3: Final = 110
POP3S: Final = 995


@dataclass(frozen=True, slots=True)
class Sendmail:
    """Hand mail to the mail system of this host by its command: forwards and filters work as for all other mail."""

    path: Path = Path("/usr/sbin/sendmail")

    def lines(self, account: Address) -> list[str]:
        """Return the section of the destination."""
        # The sender is the Return-Path that the server there noted; it may be empty, so it is an argument of its own.
        return [
            "[destination]",
            "type = MDA_external",
            f"path = {self.path}",
            f'arguments = ("-i", "-f", "%(sender)", "--", "{account}")',
        ]


@dataclass(frozen=True, slots=True)
class Lmtp:
    """Hand mail to the mail store by its unix socket: what it refuses stays where it is and is tried again."""

    socket: Path

    def lines(self, account: Address) -> list[str]:
        """Return the section of the destination."""
        return ["[destination]", "type = MDA_lmtp", f"host = {self.socket}", f"override = {account}"]


Delivery = Sendmail | Lmtp


@dataclass(frozen=True, slots=True)
class PolledFolder:
    """One folder for getmail, for one account elsewhere.

    Fields:
        path: below the folder of all, in two parts: the account's name and the record's.
        files: their texts by their names; some hold the password.
        seen: name and text of the file of messages that were fetched, which getmail goes on writing.
        period_s: how often getmail is to look, in seconds.
    """

    account: Address
    record: str
    path: Path
    files: dict[str, str] = field(repr=False)
    seen: tuple[str, str] | None
    period_s: int


PERIOD_S: Final = 600
"""How often to look when the source does not say it."""


def folder_for(
    account: Address, polled: PolledAccount, delivery: Delivery, ca_file: Path, now: int
) -> tuple[PolledFolder | None, list[Finding]]:
    """Return getmail's folder for one account elsewhere, or None when it cannot be told to getmail; and findings.

    Args:
        account: who gets the mail.
        polled: where it is fetched.
        delivery: how it is delivered.
        ca_file: certificates of the authorities that are trusted.
        now: the time, in Unix seconds.
    """
    problem = _unwritable(account, polled)
    if problem is not None:
        todo = "Write a configuration for it by hand."
        return None, [_finding(account, polled, Outcome.DROPPED, problem, todo)]
    port = polled.port or (POP3S if polled.tls else POP3)
    retriever = _retriever(polled, port, ca_file)
    options = [
        "[options]",
        "read_all = false",
        f"delete = {_truth(not polled.leave)}",
        "delivered_to = false",
        "message_log_syslog = true",
        "verbose = 0",
    ]
    head = f"# {account} fetches from {polled.user} at {polled.host}. Written by Sterna; see getmail(1)."
    files = {RCFILE: _text(head, retriever, delivery.lines(account), [*options, *_SESSION])}
    if polled.leave and polled.seen is None:
        nowhere = ["[destination]", "type = MDA_external", "path = /bin/true", "allow_root_commands = true"]
        skip = f"# Notes all that lies there as fetched, and delivers nothing: getmail --rcfile {SKIP}"
        files[SKIP] = _text(skip, retriever, nowhere, options)
    seen = None
    if polled.seen is not None:
        seen = (seen_file_name(polled.host, port, polled.user), seen_file(polled.seen, now))
    path = Path(file_name(str(account))) / file_name(polled.name)
    folder = PolledFolder(account, polled.name, path, files, seen, polled.period_s or PERIOD_S)
    return folder, _findings(account, polled)


def _retriever(polled: PolledAccount, port: int, ca_file: Path) -> list[str]:
    lines = [
        "[retriever]",
        f"type = {'SimplePOP3SSLRetriever' if polled.tls else 'SimplePOP3Retriever'}",
        f"server = {polled.host}",
        f"port = {port}",
        f"username = {polled.user}",
        "# The source did not show the password."
        if polled.password is None
        else f"password = {polled.password.reveal()}",
        f"use_apop = {_truth(polled.apop)}",
    ]
    if polled.tls:
        lines += ["# The server's certificate and the name in it are checked.", f"ca_certs = {ca_file}"]
    return lines


def _text(head: str, *sections: list[str]) -> str:
    return "\n".join([head, *("\n".join(("", *section)) for section in sections)]) + "\n"


def _truth(value: bool) -> str:  # noqa: FBT001,RUF100  # the value itself, not a switch
    return "true" if value else "false"


def _unwritable(account: Address, polled: PolledAccount) -> str | None:
    """Return why getmail cannot be told about the record, naming no secret."""
    values = {"server": polled.host, "user": polled.user}
    if polled.password is not None:
        values["password"] = polled.password.reveal()
    for name, value in values.items():
        if not value or value != value.strip() or any(not character.isprintable() for character in value):
            return f"its {name} is empty, or has characters that getmail's configuration cannot hold"
    if str(account).startswith("~") or any(character in '"\\%$' for character in str(account)):
        return f"getmail cannot be told the address {account}"
    return None


def _findings(account: Address, polled: PolledAccount) -> list[Finding]:
    found: list[Finding] = []
    if polled.password is None:
        why = "the source does not show its password, so getmail cannot log in"
        found.append(_finding(account, polled, Outcome.CHANGED, why, f"Add a line 'password = …' to its {RCFILE}."))
    if polled.leave and polled.seen is None:
        why = "which messages were fetched already is not known, so all that lie there would come again"
        todo = f"Run getmail once with --rcfile {SKIP} before the first real run; it notes them and delivers nothing."
        found.append(_finding(account, polled, Outcome.CHANGED, why, todo))
    if polled.mailbox != INBOX:
        why = f"its mail goes to the mailbox {'/'.join(polled.mailbox)} on the source; getmail delivers to INBOX"
        found.append(_finding(account, polled, Outcome.CHANGED, why, "Add a filter to the account that puts it there."))
    if not polled.tls:
        why = (
            f"it is fetched without TLS, as before, so {'the mail' if polled.apop else 'password and mail'} can be read"
        )
        todo = f"Try whether {polled.host} offers POP3 with TLS on port {POP3S}."
        found.append(_finding(account, polled, Outcome.KEPT, why, todo))
    return found


def _finding(account: Address, polled: PolledAccount, outcome: Outcome, why: str, todo: str) -> Finding:
    return Finding("rpop", str(account), outcome, f"RPOP {polled.name}", why, todo)
