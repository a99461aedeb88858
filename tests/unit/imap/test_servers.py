"""Which server it is, by what real ones say."""

from __future__ import annotations

import pytest

from sterna.imap.servers import Habit, recognised

GREETINGS = {
    "Dovecot": (b"[CAPABILITY IMAP4rev1] Dovecot (Debian) ready.", "Dovecot", Habit.NONE),
    "Cyrus": (b"vm.test Cyrus IMAP 3.6.1-Debian-3.6.1-4+deb12u5 server ready", "Cyrus", Habit.NONE),
    "Courier": (b"Courier-IMAP ready. Copyright 1998-2018 Double Precision, Inc.", "Courier", Habit.NONE),
    "Exchange": (
        b"The Microsoft Exchange IMAP4 service is ready.",
        "Exchange",
        Habit.ESTIMATED_SIZES | Habit.OTHER_ITEMS,
    ),
    "Zimbra": (b"mail.example.org Zimbra IMAP4rev1 server ready", "Zimbra", Habit.OTHER_ITEMS),
    "Gmail": (b"Gimap ready for requests from 192.0.2.1 x1", "Gmail", Habit.LABELS),
    "one that hides it": (b"IMAP4 ready", "an IMAP server", Habit.NONE),
}


@pytest.mark.parametrize(("greeting", "name", "habits"), GREETINGS.values(), ids=GREETINGS)
def test_a_server_is_recognised_by_its_greeting(greeting: bytes, name: str, habits: Habit):
    known = recognised(greeting, frozenset())
    assert (known.name, known.habits) == (name, habits)


def test_labels_are_recognised_by_what_is_offered_whatever_the_greeting_is():
    assert Habit.LABELS in recognised(b"Dovecot ready.", frozenset({b"X-GM-EXT-1"})).habits
