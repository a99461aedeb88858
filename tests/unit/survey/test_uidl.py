"""Unique-ids of POP3: which form a server has, and whether Cyrus has it too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.model.uidl import UidlForm, recognise

UIDS = st.lists(st.integers(1, 2**32 - 1), min_size=1, max_size=20, unique=True).map(sorted)
VALIDITY = st.integers(1, 2**32 - 1)

ROWS = {
    "Dovecot's default": ([7, 9], ["000000074f2e1a00", "000000094f2e1a00"], UidlForm.DOVECOT),
    "Courier": ([7, 9], ["1328421376-7", "1328421376-9"], UidlForm.COURIER),
    "Cyrus": ([7, 9], ["1328421376.7", "1328421376.9"], UidlForm.CYRUS),
    "only UIDs": ([7, 9], ["7", "9"], UidlForm.UIDONLY),
    "mail came between the two looks": ([7, 9], ["1328421376.7", "1328421376.9", "1328421376.10"], UidlForm.CYRUS),
    "one hidden from POP3": ([7, 8, 9], ["1328421376.7", "1328421376.9"], UidlForm.CYRUS),
    "another UIDVALIDITY": ([7, 9], ["1.7", "1.9"], None),
    "upper case": ([10, 11], ["0000000A4F2E1A00", "0000000B4F2E1A00"], None),
    "a form of its own": ([7, 9], ["GmailId1234", "GmailId1235"], None),
    "one that does not fit": ([7, 9], ["1328421376.7", "else"], None),
    "nothing to see": ([], [], None),
    "nothing by POP3": ([7], [], None),
}


@pytest.mark.parametrize(("uids", "uidls", "form"), ROWS.values(), ids=ROWS)
def test_a_form_is_recognised_or_not(uids, uidls, form):
    assert recognise(0x4F2E1A00, uids, uidls) is form


@given(st.sampled_from(UidlForm), VALIDITY, UIDS)
def test_every_form_that_is_written_is_recognised(form, uidvalidity, uids):
    found = recognise(uidvalidity, uids, [form.write(uidvalidity, uid) for uid in uids])
    assert found is not None
    assert [found.write(uidvalidity, uid) for uid in uids] == [form.write(uidvalidity, uid) for uid in uids]
