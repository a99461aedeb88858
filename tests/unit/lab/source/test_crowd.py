"""The accounts of a test of scale, and their mail as it is written and counted."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

from sterna.lab.source import mbox
from sterna.lab.source.crowd import crowds
from sterna.lab.source.kinds import Mailbox, Person, Use
from sterna.lab.source.mailstore import MailStore
from sterna.lab.source.passwords import Password
from sterna.lab.source.population import population
from sterna.model.mailbox import INBOX

OWNER = (os.getuid(), os.getgid())
EVERYBODY = [person for crowd in crowds(3000, 7).values() for person in crowd]


def test_the_same_seed_makes_the_same_people_and_another_one_others():
    assert [person for crowd in crowds(3000, 7).values() for person in crowd] == EVERYBODY
    assert crowds(3000, 7)["lab.example"][1234] == EVERYBODY[1234]
    assert crowds(3000, 8)["lab.example"][1234] != EVERYBODY[1234]


def test_no_name_is_taken_twice_not_even_from_the_named_ones():
    names = Counter(
        f"{name}@{person.domain}"
        for person in (*EVERYBODY, *population().people)
        for name in (person.local, *person.aliases)
    )
    assert [name for name, count in names.items() if count > 1] == []
    assert len(EVERYBODY) == 3000


def test_there_are_aliases_quotas_rules_and_five_to_eight_mailboxes_as_on_real_sites():
    def share(of: Counter[bool]) -> float:
        return of[True] / 3000

    assert {len(person.mailboxes) for person in EVERYBODY} == {5, 6, 7, 8}
    assert {len(person.aliases) for person in EVERYBODY} == {0, 1, 2, 3}
    assert 0.2 < share(Counter("MaxAccountSize" in person.settings for person in EVERYBODY)) < 0.4
    assert 0.05 < share(Counter(bool(person.rules) for person in EVERYBODY)) < 0.2
    assert {person.domain for person in EVERYBODY} == {"lab.example", "fjord.example"}


def test_what_is_written_is_what_is_counted(tmp_path: Path):
    letters = mbox.letters(3)
    store = MailStore(tmp_path / "mail", tmp_path)
    for person in EVERYBODY[:40]:
        written = mbox.write_account(tmp_path / person.address, person, letters, OWNER)
        places = store.places(person.address)
        assert {name for name, place in places.items() if place.use} == {box.name for box in person.mailboxes}
        uses = [place.use for place in places.values() if place.use]
        assert Use(sum(use.messages for use in uses), sum(use.size_bytes for use in uses)) == written
        assert sorted(store.subscriptions(person.address)) == sorted(box.name for box in person.mailboxes)
        assert all(use.messages <= mbox.MAX_MESSAGES for use in uses)
    assert store.subscriptions("nobody@lab.example") == []


def test_every_file_has_a_uidvalidity_and_its_uids_rise(tmp_path: Path):
    person = Person("eva", "lab.example", "Eva", Password("x"), mailboxes=(Mailbox(INBOX), Mailbox(("Süd", "Ost"))))
    seen = set()
    for number in range(12):
        folder = tmp_path / str(number)
        numbered = replace(person, local=f"eva{number}")
        mbox.write_account(folder, numbered, mbox.letters(3), OWNER)
        assert (folder / "S&APw-d/Ost").is_file()
        data = (folder / "INBOX").read_bytes()
        assert data.startswith(b"From ")
        uids = [int(uid) for uid in re.findall(rb"(?m)^X-UID: (\d+)$", data)]
        assert uids == sorted(set(uids))
        base = re.findall(rb"(?m)^X-IMAP(?:base)?: (\d{10}) (\d{10})$", data)
        assert len(base) == 1
        assert int(base[0][1]) >= max(uids, default=0)
        seen.add(len(uids))
    assert len(seen) > 1
