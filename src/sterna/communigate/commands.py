"""The commands that can be sent to CommuniGate's CLI, all of which only read.

The CLI can also create, change and delete. None of those words is in this package, and a conversation takes nothing
but a `Command`, so no mistake elsewhere can alter the source. Words that can do both are left out too, as the one for
address books; so is ``LIST``, which changes subscriptions and has nothing to do with ``LISTLISTS``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sterna.communigate.dataformat_writer import write
from sterna.communigate.values import Value


class ReadCommand(enum.StrEnum):
    """The first word of a command (the CLI chapter of CommuniGate's manual)."""

    LISTDOMAINS = "LISTDOMAINS"
    MAINDOMAINNAME = "MAINDOMAINNAME"
    GETDOMAINALIASES = "GETDOMAINALIASES"
    GETDOMAINSETTINGS = "GETDOMAINSETTINGS"
    GETDOMAINMAILRULES = "GETDOMAINMAILRULES"
    GETDOMAINRULES = "GETDOMAINRULES"
    GETSERVERMAILRULES = "GETSERVERMAILRULES"
    GETSERVERRULES = "GETSERVERRULES"
    GETROUTERTABLE = "GETROUTERTABLE"
    GETACCOUNTDEFAULTS = "GETACCOUNTDEFAULTS"
    GETSERVERACCOUNTDEFAULTS = "GETSERVERACCOUNTDEFAULTS"

    LISTDOMAINOBJECTS = "LISTDOMAINOBJECTS"
    LISTACCOUNTS = "LISTACCOUNTS"
    GETACCOUNTSETTINGS = "GETACCOUNTSETTINGS"
    GETACCOUNTEFFECTIVESETTINGS = "GETACCOUNTEFFECTIVESETTINGS"
    GETACCOUNTALIASES = "GETACCOUNTALIASES"
    GETACCOUNTMAILRULES = "GETACCOUNTMAILRULES"
    GETACCOUNTRULES = "GETACCOUNTRULES"
    GETACCOUNTPLAINPASSWORD = "GETACCOUNTPLAINPASSWORD"
    GETACCOUNTPREFS = "GETACCOUNTPREFS"
    GETACCOUNTACL = "GETACCOUNTACL"
    GETACCOUNTRIGHTS = "GETACCOUNTRIGHTS"
    GETACCOUNTRPOPS = "GETACCOUNTRPOPS"

    LISTMAILBOXES = "LISTMAILBOXES"
    GETMAILBOXACL = "GETMAILBOXACL"
    GETMAILBOXALIASES = "GETMAILBOXALIASES"
    GETMAILBOXSUBSCRIPTION = "GETMAILBOXSUBSCRIPTION"
    GETACCOUNTSUBSCRIPTION = "GETACCOUNTSUBSCRIPTION"

    LISTFORWARDERS = "LISTFORWARDERS"
    GETFORWARDER = "GETFORWARDER"
    LISTGROUPS = "LISTGROUPS"
    GETGROUP = "GETGROUP"
    LISTLISTS = "LISTLISTS"
    GETLIST = "GETLIST"
    GETDOMAINLISTS = "GETDOMAINLISTS"
    READSUBSCRIBERS = "READSUBSCRIBERS"
    LISTSUBSCRIBERS = "LISTSUBSCRIBERS"
    GETSUBSCRIBERINFO = "GETSUBSCRIBERINFO"

    NOOP = "NOOP"


class Keyword(enum.StrEnum):
    """Words that stand between the arguments of a command and are not quoted."""

    ACCOUNTS = "ACCOUNTS"
    COOKIE = "COOKIE"
    FILE = "FILE"
    FILTER = "FILTER"
    MAILBOX = "MAILBOX"
    NAME = "NAME"
    PATH = "PATH"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its word, then keywords and values in the order of the manual."""

    word: ReadCommand
    arguments: tuple[Keyword | Value, ...] = ()

    def line(self) -> bytes:
        """Return the command as it is sent, with its line end. A line break in an argument is an escape there.

        Raises:
            UnwritableValueError: an argument has no spelling in the text format.
        """
        words = [str(ReadCommand(self.word)).encode()]
        words += (each.encode() if isinstance(each, Keyword) else write(each) for each in self.arguments)
        return b" ".join(words) + b"\r\n"

    def __str__(self) -> str:
        return self.line().decode(errors="replace").rstrip()
