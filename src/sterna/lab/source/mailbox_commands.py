"""Commands about mailboxes: what is there comes from Dovecot's store, rights and classes from account.info."""

from __future__ import annotations

import re
from collections.abc import Callable

from sterna.communigate.values import Value, as_dictionary, as_text
from sterna.imap import mutf7
from sterna.lab.source.arguments import Arguments, Refused
from sterna.lab.source.basedirectory import BaseDirectory, Name
from sterna.lab.source.mailstore import MailStore, Place
from sterna.lab.source.names import OTHER, Names
from sterna.lab.source.switches import Switches
from sterna.model.mailbox import MailboxName


class MailboxCommands:
    """Commands about an account's mailboxes."""

    def __init__(self, base: BaseDirectory, store: MailStore, names: Names, switches: Switches) -> None:
        self._base = base
        self._store = store
        self._names = names
        self._switches = switches

    def table(self) -> dict[str, Callable[[Arguments], Value]]:
        """Return the commands by their words."""
        table: dict[str, Callable[[Arguments], Value]] = {
            "LISTMAILBOXES": self._list,
            "GETMAILBOXINFO": self._info,
            "GETMAILBOXACL": self._acl,
            "GETMAILBOXRIGHTS": self._rights,
            "GETACCOUNTSUBSCRIPTION": self._subscription,
            "GETMAILBOXALIASES": self._aliases,
        }
        if not self._switches.old_subscription_command:
            table["GETMAILBOXSUBSCRIPTION"] = self._subscription
        return table

    def _list(self, arguments: Arguments) -> Value:
        """``LISTMAILBOXES acct [FILTER f] [AUTH who]``; IMAP's wildcards in the filter."""
        name = self._names.account(arguments)
        wanted = _wildcards(arguments.after("FILTER") or "*")
        who = arguments.after("AUTH")
        found: dict[str, Value] = {}
        for mailbox, place in sorted(self._store.places(str(name)).items()):
            text = "/".join(mailbox)
            rights = "lr" if who is None else self._rights_of(name, text, who)
            if wanted.fullmatch(text) and "l" in rights:
                found[self._shown(mailbox)] = (
                    self._described(name, text, place) if "r" in rights else _unselectable(place)
                )
        return found

    def _described(self, name: Name, mailbox: str, place: Place) -> Value:
        if place.use is None:
            return ()
        info: dict[str, Value] = {}
        if (mail_class := as_text(self._row(name, mailbox).get("Class"))) is not None:
            info["Class"] = mail_class
        info |= {"Messages": self._number(place.use.messages), "Size": self._number(place.use.size_bytes)}
        return (info,) if place.children else info

    def _info(self, arguments: Arguments) -> Value:
        name, mailbox = self._mailbox(arguments)
        if (who := arguments.after("AUTH")) is not None and "l" not in self._rights_of(name, "/".join(mailbox), who):
            raise Refused(OTHER, "the mailbox does not exist")
        place = self._store.places(str(name))[mailbox]
        described = self._described(name, "/".join(mailbox), Place(place.use, children=False))
        if described == ():
            raise Refused(OTHER, "the mailbox cannot be opened: it is a folder")
        return described

    def _acl(self, arguments: Arguments) -> Value:
        name, mailbox = self._mailbox(arguments)
        arguments.after("AUTH")
        return self._row(name, "/".join(mailbox)).get("Access", {})

    def _rights(self, arguments: Arguments) -> Value:
        name, mailbox = self._mailbox(arguments)
        arguments.expect("AUTH")
        return self._rights_of(name, "/".join(mailbox), arguments.text())

    def _subscription(self, arguments: Arguments) -> Value:
        return tuple(self._shown(mailbox) for mailbox in self._store.subscriptions(str(self._names.account(arguments))))

    def _aliases(self, arguments: Arguments) -> Value:
        return self._base.account_info(self._names.account(arguments)).get("#MailboxAliases", {})

    def _mailbox(self, arguments: Arguments) -> tuple[Name, MailboxName]:
        name = self._names.account(arguments)
        arguments.expect("MAILBOX")
        text = arguments.text()
        for mailbox in self._store.places(str(name)):
            if text in ("/".join(mailbox), self._shown(mailbox)):
                return name, mailbox
        raise Refused(OTHER, "the mailbox does not exist")

    def _rights_of(self, owner: Name, mailbox: str, who: str) -> str:
        """Return the letters `who` has in a mailbox, by its own list and the whole account's."""
        of_account = as_dictionary(self._base.account_info(owner).get("#ACL")) or {}
        of_mailbox = as_dictionary(self._row(owner, mailbox).get("Access")) or {}
        return self._names.rights(owner, {**of_account, **of_mailbox}, who)

    def _row(self, name: Name, mailbox: str) -> dict[str, Value]:
        return dict(as_dictionary(self._base.account_info(name).get(mailbox)) or {})

    def _shown(self, mailbox: MailboxName) -> str:
        text = "/".join(mailbox)
        return mutf7.encode(text).decode("ascii") if self._switches.mutf7_names else text

    def _number(self, number: int) -> Value:
        return str(number) if self._switches.numbers_as_strings else number


def _unselectable(place: Place) -> Value:
    """Return what stands for a mailbox that whoever asks may see and not open."""
    return ((),) if place.use is not None and place.children else ()


def _wildcards(pattern: str) -> re.Pattern[str]:
    """Return IMAP's ``*`` (anything) and ``%`` (anything but ``/``) as a regular expression."""
    words = {"*": ".*", "%": "[^/]*"}
    return re.compile("".join(words.get(each, re.escape(each)) for each in pattern), re.DOTALL)
