"""Marks of mailboxes on servers without CONDSTORE, asked of a small mailbox in memory that speaks IMAP."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from sterna.imap.answers import Answer
from sterna.imap.codes import Status
from sterna.imap.fragments import Response
from sterna.imap.marks import keywords_in, keywords_of, mark_of, modseq_of, search_marks
from sterna.model.mailbox import MailboxState

ESEARCH = frozenset({b"ESEARCH"})


@dataclass
class Box:
    """One mailbox; its server numbers its commands, and says so in ESEARCH."""

    flags: dict[int, frozenset[bytes]]
    uidvalidity: int = 1
    uidnext: int | None = 11
    known: tuple[bytes, ...] = (b"Wichtig", b"$Forwarded")
    refuses: bytes | None = None
    asked: list[bytes] = field(default_factory=list)

    def ask(self, command, take):
        text = b"".join(piece for piece in command.pieces if isinstance(piece, bytes))
        self.asked.append(text)
        future = asyncio.get_running_loop().create_future()
        lines, status = self._answer(text)
        for line in lines:
            take(Response((line + b"\r\n",)))
        future.set_result(Answer(status, None, b"done"))
        return future

    def _answer(self, text: bytes) -> tuple[list[bytes], Status]:
        if self.refuses is not None and text.startswith(self.refuses):
            return [], Status.NO
        if text.startswith(b"EXAMINE"):
            rows = [b"* %d EXISTS" % len(self.flags), b"* OK [UIDVALIDITY %d] ok" % self.uidvalidity]
            if self.uidnext is not None:
                rows.append(b"* OK [UIDNEXT %d] ok" % self.uidnext)
            return [*rows, b"* FLAGS (\\Seen \\Deleted %b)" % b" ".join(self.known)], Status.OK
        criterion = text.removeprefix(b"UID SEARCH ").removeprefix(b"RETURN (ALL) ")
        flag = criterion.removeprefix(b"KEYWORD ") if criterion.startswith(b"KEYWORD ") else b"\\" + criterion.title()
        uids = [b"%d" % uid for uid, flags in self.flags.items() if criterion == b"ALL" or flag in flags]
        if b"RETURN" in text:
            tag = b'* ESEARCH (TAG "T%d") UID' % len(self.asked)
            return [tag + (b" ALL " + b",".join(uids) if uids else b"")], Status.OK
        return [b" ".join([b"* SEARCH", *uids])], Status.OK


@pytest.fixture
def box():
    return Box({3: frozenset(), 7: frozenset({b"\\Seen"}), 9: frozenset({b"Wichtig", b"\\Flagged"})})


async def mark(box: Box, capabilities=frozenset()) -> str:
    [found] = await search_marks(box.ask, capabilities, [(b"INBOX", keywords(box))])
    return found


def keywords(box: Box) -> tuple[bytes, ...]:
    return tuple(sorted(box.known))


CHANGES = {
    "a new message": {3: {b""}, 7: {b"\\Seen"}, 9: {b"Wichtig", b"\\Flagged"}, 10: {b""}},
    "a message is gone": {3: {b""}, 9: {b"Wichtig", b"\\Flagged"}},
    "another message in its place": {4: {b""}, 7: {b"\\Seen"}, 9: {b"Wichtig", b"\\Flagged"}},
    "a flag goes to another message": {3: {b"\\Seen"}, 7: {b""}, 9: {b"Wichtig", b"\\Flagged"}},
    "one flag becomes another": {3: {b""}, 7: {b"\\Answered"}, 9: {b"Wichtig", b"\\Flagged"}},
    "one keyword becomes another": {3: {b""}, 7: {b"\\Seen"}, 9: {b"$Forwarded", b"\\Flagged"}},
    "a draft": {3: {b"\\Draft"}, 7: {b"\\Seen"}, 9: {b"Wichtig", b"\\Flagged"}},
    "deleted": {3: {b"\\Deleted"}, 7: {b"\\Seen"}, 9: {b"Wichtig", b"\\Flagged"}},
}


@pytest.mark.parametrize("capabilities", [frozenset(), ESEARCH], ids=["SEARCH", "ESEARCH"])
@pytest.mark.parametrize("flags", CHANGES.values(), ids=CHANGES)
async def test_a_mark_is_equal_until_something_changes(box, flags, capabilities):
    before = await mark(box, capabilities)
    assert before
    assert await mark(box, capabilities) == before
    changed = replace(box, flags={uid: frozenset(each - {b""}) for uid, each in flags.items()})
    assert await mark(changed, capabilities) not in ("", before)


async def test_another_uidvalidity_is_another_mark(box):
    assert await mark(replace(box, uidvalidity=2)) != await mark(box)


async def test_uids_that_were_given_out_and_are_gone_again_are_another_mark(box):
    assert await mark(replace(box, uidnext=15)) not in ("", await mark(box))
    assert await mark(replace(box, uidnext=None)) == ""


async def test_a_keyword_that_was_not_asked_for_makes_no_mark(box):
    before = await mark(box)
    [now] = await search_marks(
        replace(box, known=(*box.known, b"Neu")).ask, frozenset(), [(b"INBOX", keywords_of(before))]
    )
    assert now == ""


@pytest.mark.parametrize("refuses", [b"EXAMINE", b"UID SEARCH DRAFT", b"UID SEARCH KEYWORD"])
async def test_where_a_question_is_refused_there_is_no_mark(box, refuses):
    assert await mark(replace(box, refuses=refuses)) == ""


async def test_many_mailboxes_are_asked_without_waiting_for_each(box):
    found = await search_marks(box.ask, frozenset(), [(b"a", keywords(box)), (b"b", keywords(box))])
    assert found == [await mark(box)] * 2


async def test_with_very_many_keywords_nothing_is_searched(box):
    crowded = replace(box, known=tuple(b"k%d" % number for number in range(60)), asked=[])
    assert await mark(crowded) == ""
    assert crowded.asked == []


def test_a_mark_names_the_keywords_it_was_made_with():
    assert keywords_of("sets abc $Forwarded Wichtig") == (b"$Forwarded", b"Wichtig")
    assert keywords_of("modseq 1 2 3 4") == keywords_of("") == ()


def test_with_condstore_the_servers_own_number_is_the_mark():
    state = MailboxState(12, 40, 3, 715194045007)
    assert modseq_of(mark_of(state)) == 715194045007
    assert mark_of(replace(state, highestmodseq=None)) == ""
    assert modseq_of("sets abc") is None


def test_keywords_are_read_from_the_flags_that_examine_names():
    line = rb"* FLAGS (\Answered \Flagged $Forwarded Junk NonJunk)" + b"\r\n"
    assert keywords_in(Response((line,))) == (b"$Forwarded", b"Junk", b"NonJunk")
