"""The generator of letters and what it puts where."""

from __future__ import annotations

import email
import random
from pathlib import Path

import pytest

from sterna.lab.source.contents import StoredMailbox, StoredMessage, contents
from sterna.lab.source.damaged import DAMAGES
from sterna.lab.source.messages import MEGABYTE, compose, compose_large
from sterna.lab.source.options import SourceOptions
from sterna.lab.source.population import population
from sterna.lab.source.prose import VOICES

MOMENT = 1_200_000_000
LETTERS = [compose(random.Random(f"test/{number}"), "anna@lab.example", MOMENT) for number in range(1500)]


def filled(**options: object) -> dict[tuple[str, ...], StoredMailbox]:
    """Every mailbox of the site, by account and name."""
    chosen = SourceOptions(**options)  # type: ignore[arg-type]
    return {
        (person.address, *box.name): box for person, boxes in contents(population().people, chosen) for box in boxes
    }


def test_the_same_seed_gives_the_same_bytes():
    assert compose(random.Random("a"), "x@lab.example", MOMENT) == compose(random.Random("a"), "x@lab.example", MOMENT)
    assert filled(messages=120, seed=1) == filled(messages=120, seed=1)
    assert filled(messages=120, seed=1) != filled(messages=120, seed=2)


def test_letters_have_the_sizes_of_real_ones():
    sizes = sorted(map(len, LETTERS))
    assert sizes[len(sizes) // 20] < 500
    assert 6_000 < sum(sizes) / len(sizes) < 20_000
    large = compose_large(random.Random("l"), "x@lab.example", MOMENT, 2 * MEGABYTE)
    assert len(large) == pytest.approx(2 * MEGABYTE, rel=0.02)


def test_every_character_set_and_encoding_occurs():
    whole = b"".join(LETTERS)
    for voice in VOICES:
        assert f"charset={voice.charset}\r\nContent-Transfer-Encoding: {voice.encoding}".encode() in whole, voice
    for kind in (b"message/rfc822", b"multipart/report", b"multipart/alternative", b"List-ID:", b"text/calendar"):
        assert kind in whole, kind


def test_letters_end_lines_with_crlf_unless_they_are_damaged_so():
    odd = [letter for letter in LETTERS if b"\n" in letter.replace(b"\r\n", b"")]
    assert odd == []
    assert any(not letter.endswith(b"\r\n") for letter in LETTERS)
    assert not any(b"\0" in letter for letter in LETTERS)


def test_a_program_that_reads_mail_understands_most_of_them():
    sound = sum(not email.message_from_bytes(letter).defects for letter in LETTERS)
    assert len(LETTERS) * 0.9 < sound < len(LETTERS)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
def test_every_damage_changes_a_letter(damage):
    letter = next(each for each in LETTERS if b"multipart/alternative" in each and b"charset=utf-8" in each)
    assert damage(random.Random(1), letter) != letter


def test_the_number_asked_for_is_made_and_the_corpus_comes_on_top(tmp_path: Path):
    for number in range(7):
        (tmp_path / f"{number}.eml").write_bytes(b"Subject: %d\n\nunix lines\n" % number)
    boxes = filled(messages=200, corpus=tmp_path)
    messages = [message for box in boxes.values() for message in box.messages]
    assert len(messages) == 207
    assert {path.read_bytes() for path in tmp_path.iterdir()} <= {message.stored for message in messages}


def test_uids_ascend_and_uidnext_is_beyond_the_last_one():
    boxes = filled(messages=800)
    for box in boxes.values():
        uids = [message.uid for message in box.messages]
        assert uids == sorted(set(uids))
        assert box.uidnext > max(uids, default=0)
        assert 2003 <= 1970 + box.uidvalidity // 31_556_952 <= 2013
    assert any(box.uidnext > box.messages[-1].uid + 40 for box in boxes.values() if box.messages)
    sparse = boxes["rene.pfeiffer@lab.example", "Lists", "linux-kernel"]
    assert sparse.messages[-1].uid > 5 * len(sparse.messages)


def test_all_flags_and_keywords_occur_and_dates_differ_from_arrival():
    messages = [message for box in filled(messages=1500).values() for message in box.messages]
    flags = {flag for message in messages for flag in message.flags}
    assert flags >= {"\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"}
    assert flags >= {"$Forwarded", "$MDNSent", "Wichtig", "$Label1", "NonJunk"}
    moved = filled(messages=1500)["anna@lab.example", "Projekte", "Leuchtturm"].messages
    years = {f"{1970 + message.internaldate // 31_556_952}".encode() for message in moved}
    assert any(year not in message.stored[:2000] for message in moved for year in years)


def test_served_bytes_have_crlf_and_their_number_is_known_without_making_them():
    for stored in (b"a\nb\r\nc\rd\n\n\r\r\n", b"", b"no end", b"\n"):
        message = StoredMessage(1, frozenset(), 0, stored)
        assert message.served_bytes == len(message.served)
        assert b"\n" not in message.served.replace(b"\r\n", b"")
    assert StoredMessage(1, frozenset(), 0, b"a\nb\r\nc\rd\n").served == b"a\r\nb\r\nc\rd\r\n"


def test_large_letters_come_only_with_many():
    def largest(number: int) -> int:
        return max(message.served_bytes for box in filled(messages=number).values() for message in box.messages)

    assert largest(150) < MEGABYTE
    assert largest(1000) > 19 * MEGABYTE
