"""Rules, messages, and what became of them in Cyrus held against what the rules say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sterna.communigate.dataformat import read
from sterna.communigate.dataformat_writer import write
from sterna.communigate.filters import translate_rules
from sterna.communigate.rules import Rule, read_rules
from sterna.communigate.values import Value
from sterna.imap import mutf7
from sterna.model.address import Address
from sterna.model.filter import MailboxPlace
from sterna.sieve.script import Script, render
from tests.fakes.rule_interpreter import Arriving, Interpreter, Result
from tests.real.filter_bench import ANNA, BOB, Bench, Found, Sent, deliver, identity

OWNER = Address.parse(ANNA)
ALIASES = (Address.parse("a.b@lab.example"), Address.parse("anna@old-lab.example"))
BOXES = ("Work", "Work/2020", "Grüße ☃", "Sent 2.0", "it's (a) b&c")
SHARED = "~bob@lab.example/Post office"


def place(where: MailboxPlace) -> str | None:
    """How Anna calls a mailbox in Cyrus."""
    if isinstance(where, tuple):
        return "/".join(where)
    return "/".join(("Other Users", where.owner.local, *where.name))


@dataclass(slots=True)
class Trial:
    """One set of rules and the messages that it meets."""

    name: str
    rules: tuple[Rule, ...]
    script: Script
    arrivals: dict[str, Arriving] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)


def trial(name: str, *rules: Value) -> Trial:
    understood, errors = read_rules(read(write(rules)))
    assert errors == ()
    translated = translate_rules(understood, OWNER, ALIASES)
    assert translated.forward is None
    assert all(each.runs for each in translated.filters if each.active), f"{name}: {translated.filters}"
    return Trial(name, understood, render(translated.filters, OWNER, ALIASES, place))


def run(bench: Bench, trials: Sequence[Trial], messages: Sequence[tuple[str, bytes]]) -> None:
    """Deliver every message to every set of rules, and compare what became of them with what the rules say."""
    run_each(bench, [(each, messages) for each in trials])


def run_each(bench: Bench, cases: Sequence[tuple[Trial, Sequence[tuple[str, bytes]]]]) -> None:
    """The same, each set of rules with messages of its own."""
    trials = [each for each, _ in cases]
    mailboxes = frozenset({"INBOX", *BOXES, SHARED})
    with bench.imap(ANNA) as anna:
        for name in BOXES:
            anna.create(f'"{_wire(name)}"')
    with bench.scripts() as box, bench.lmtp() as lmtp:
        for each, messages in cases:
            bench.install(box, each.script.text)
            for sender, template in messages:
                mid = identity()
                data = template.replace(b"MID", mid.encode())
                unique = sender.replace("UNIQUE", mid[1:9])
                each.arrivals[mid] = Arriving(unique, ANNA, data, now(), mailboxes)
                each.answers[mid] = deliver(lmtp, unique, ANNA, data)
    anna_has, bob_has = bench.found(ANNA), bench.found(BOB)
    wrong = [
        f"{each.name}: {mid}\n{difference}\n{each.arrivals[mid].data[:500].decode()}\n{each.script.text}"
        for each in trials
        for mid, arriving in each.arrivals.items()
        if (
            difference := _difference(
                Interpreter(each.rules, arriving).run(), each, mid, anna_has, bob_has, bench.sink.mail
            )
        )
    ]
    total = sum(len(each.arrivals) for each in trials)
    assert not wrong, f"{len(wrong)} of {total}:\n\n" + "\n\n".join(w[:3000] for w in wrong[:6])


def _difference(
    wanted: Result,
    each: Trial,
    mid: str,
    anna: dict[str, dict[str, Found]],
    bob: dict[str, dict[str, Found]],
    mail: Sequence[Sent],
) -> str:
    there = {name: found for name, found in anna.get(mid, {}).items() if not name.startswith("Other Users/")}
    if "Post office" in bob.get(mid, {}):
        there[SHARED] = bob[mid]["Post office"]
    if set(there) != set(wanted.copies):
        return f"it is in {sorted(there)} instead of {sorted(wanted.copies)}"
    for name, copy in wanted.copies.items():
        found = there[name]
        flags = found.flags if name != SHARED else copy.flags  # seen by Bob, the message has his flags
        subject = _plain(str(found.message["Subject"] or ""))
        added = all(value in [str(x) for x in found.message.get_all(key, [])] for key, value in copy.added)
        if flags != copy.flags or subject != _plain(copy.subject) or not added:
            return f"in {name!r} it is {flags}, {subject!r}, {found.message.items()} instead of {copy}"
    sent = {to for one in mail if _is(one, "redirect", "Message-ID", mid) for to in one.recipients}
    if sent != wanted.sent_on:
        return f"it was sent to {sorted(sent)} instead of {sorted(wanted.sent_on)}"
    answers = [one for one in mail if _is(one, "vacation", "In-Reply-To", mid)]
    said = [
        (_plain(str(one.message["Subject"])), one.message.get_content().replace("\r\n", "\n").strip())
        for one in answers
    ]
    if said != [(_plain(subject), body.strip()) for subject, body in wanted.answers]:
        return f"it was answered {said} instead of {wanted.answers}"
    if (each.answers[mid] == 550) is not wanted.rejected:
        return f"LMTP said {each.answers[mid]}, rejected should be {wanted.rejected}"
    return ""


def _is(one: Sent, action: str, name: str, mid: str) -> bool:
    return f"X-Sieve-Action: {action}".encode() in one.data and f"{name}: {mid}".encode() in one.data


def now() -> datetime:
    """The time as Cyrus's filters see it: the host's, without a zone."""
    return datetime.now().astimezone().replace(tzinfo=None)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _wire(box: str) -> str:
    return mutf7.encode(box).decode()
