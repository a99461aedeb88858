"""Understand the actions of mail rules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sterna.communigate.reply_text import read_reply
from sterna.communigate.rule_tests import Places, UnknownWordError
from sterna.communigate.rule_words import ACTIONS, IMPOSSIBLE, MARKS, OWN_MARKS, SIDE_EFFECTS, simple
from sterna.communigate.rules import Action
from sterna.model import filter as words
from sterna.model.address import Address, AddressError
from sterna.model.filter import Difference
from sterna.model.mailbox import INBOX

_BRACKETED = re.compile(r"<([^<>]*)>")
_HEADER = re.compile(r"([A-Za-z0-9!#%&'+.^_`|~-]+):[ \t]*(.*)")


@dataclass(slots=True)
class Understood:
    """What a rule's actions mean.

    Fields:
        actions: in their order.
        differences: what they do otherwise than on the source.
        missing: why the rest must not run without what is missing here; empty when it may.
        remembers: the address lists into which senders are put.
    """

    actions: list[words.Action] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    missing: str = ""
    remembers: list[str] = field(default_factory=list)

    def differ(self, what: str, todo: str = "") -> None:
        """Note a difference."""
        self.differences.append(Difference(what, todo))


class ActionReader:
    """Reads the actions of one account's rules.

    Args:
        account: whose rules they are.
        own: its addresses. Mail "sent on" to them stays where it is.
        places: reads the paths of mailboxes.
    """

    def __init__(self, account: Address, own: frozenset[Address], places: Places) -> None:
        self._account = account
        self._own = own
        self._places = places

    def read(self, actions: Iterable[Action]) -> Understood:
        """Return what `actions` mean together.

        Raises:
            UnknownWordError: one is called by a word that is none.
        """
        understood = Understood()
        ended = False
        for action in actions:
            if ended:
                understood.differ("it has actions behind the one that ends it; here they are done")
            self._read(action, understood)
            ended = simple(action.name) in {"discard", "stop processing", "reject with"}
        return understood

    def _read(self, action: Action, understood: Understood) -> None:
        name, parameter = simple(action.name), action.parameter
        if name not in ACTIONS:
            raise UnknownWordError(f"CommuniGate has no action {action.name!r}")
        if name in IMPOSSIBLE:
            self._impossible(name, understood)
            return
        if name in SIDE_EFFECTS:
            understood.differ(f"it no longer {SIDE_EFFECTS[name]}")
            return
        match name:
            case "store in":
                self._store(parameter, understood)
            case "mark":
                _mark(parameter, understood)
            case "add header":
                _add_header(parameter, understood)
            case "remember 'from' in":
                understood.remembers.append(parameter.strip())
            case "reply with":
                answer, differences = read_reply(parameter, self._account, self._own)
                understood.actions.append(answer)
                understood.differences += map(Difference, differences)
            case "redirect to" | "forward to" | "mirror to":
                self._send_on(name, parameter, understood)
            case _:
                understood.actions.append(_single(name, parameter))

    @staticmethod
    def _impossible(name: str, understood: Understood) -> None:
        what = f"it no longer {IMPOSSIBLE[name]}"
        understood.differ(what, "find another way with its owner")
        understood.missing = understood.missing or f"what it does needs more than the target can: {what}"

    def _store(self, parameter: str, understood: Understood) -> None:
        place = self._places(parameter)
        if place is None:
            what = f"{parameter!r} is no name of a mailbox"
            understood.differ(what)
            understood.missing = understood.missing or what
            return
        understood.actions.append(words.Store(place))

    def _send_on(self, name: str, parameter: str, understood: Understood) -> None:
        targets: list[Address] = []
        for text in split_addresses(parameter):
            try:
                target = Address.parse(text, domain=self._account.domain)
            except AddressError:
                # Better one copy too many than mail that nobody gets.
                understood.differ(
                    f"{text!r} is not an address; the message is kept besides going to the others",
                    "correct the address on the source",
                )
                understood.actions.append(words.Store(INBOX))
                continue
            if target in self._own:
                understood.actions.append(words.Store(INBOX))
            else:
                targets.append(target)
        if targets:
            understood.actions.append(words.SendOn(tuple(dict.fromkeys(targets))))
            if name == "redirect to":
                understood.differ(
                    "the source's Redirect puts the new address into To and Cc; here they stay as they are"
                )
            if name == "forward to":
                understood.differ(
                    "the source's Forward sends a new message around the original; here it is sent as it is"
                )


def _single(name: str, parameter: str) -> words.Action:
    """Return an action that is what it says."""
    match name:
        case "tag subject":
            return words.TagSubject(" ".join(parameter.split()))
        case "reject with":
            return words.Reject(parameter)
        case "discard":
            return words.Discard()
        case _:
            return words.Stop()


def split_addresses(parameter: str) -> list[str]:
    """Return the addresses of a parameter: separated by commas, often by spaces or line ends too."""
    texts: list[str] = []
    for part in re.split(r"[,;\r\n]", parameter):
        bracketed = _BRACKETED.search(part)
        texts += [bracketed[1].strip()] if bracketed else part.split()
    return texts


def _mark(parameter: str, understood: Understood) -> None:
    add: dict[str, None] = {}
    remove: dict[str, None] = {}
    for word in (part.strip().strip("\\$") for part in parameter.split(",")):
        if word.lower() in MARKS:
            flag, on = MARKS[word.lower()]
            (add if on else remove)[flag] = None
            (remove if on else add).pop(flag, None)
        elif word.lower() in OWN_MARKS:
            understood.differ(f"the mark {word!r} means something to the old server only and is left out")
        elif word:
            understood.differ(f"CommuniGate has no mark {word!r}; it is left out")
    if add or remove:
        understood.actions.append(words.Mark(tuple(add), tuple(remove)))


def _add_header(parameter: str, understood: Understood) -> None:
    for line in parameter.removeprefix("+").splitlines():
        found = _HEADER.fullmatch(line.strip())
        if found is not None:
            understood.actions.append(words.AddHeader(found[1], found[2].strip()))
        elif line.strip():
            understood.differ(f"{line.strip()!r} is no header field and is not added")
