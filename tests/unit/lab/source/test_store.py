"""Dovecot's files as they are written, and as the CLI looks into them."""

from __future__ import annotations

from pathlib import Path

from sterna.lab.source.contents import StoredMailbox, StoredMessage
from sterna.lab.source.kinds import Mailbox, Person, Use
from sterna.lab.source.maildir import write_account
from sterna.lab.source.mailstore import MailStore, Place
from sterna.lab.source.passwords import Password
from sterna.model.mailbox import INBOX

DRAFTS = Mailbox(("Entwürfe", "v1.0"), keywords=("$Forwarded", "Wichtig"), acl={"bernd": "lrd", "anyone": "l"})
ANNA = Person("anna", "lab.example", "Anna", Password("x"), mailboxes=(Mailbox(INBOX), DRAFTS), gone=(("R&D", "alt"),))
BOXES = (
    StoredMailbox(Mailbox(INBOX), 1_100_000_000, 1, ()),
    StoredMailbox(
        DRAFTS,
        1_200_000_000,
        900,
        (
            StoredMessage(7, frozenset({"\\Seen", "\\Draft", "Wichtig"}), 1_000_000_007, b"a\nb\r\n"),
            StoredMessage(650, frozenset(), 1_000_000_650, b"c\n"),
        ),
    ),
)


def written(tmp_path: Path) -> Path:
    """Write Anna's store."""
    done = write_account(tmp_path, ANNA, BOXES)
    assert (done.messages, done.size_bytes) == (2, 9)
    return tmp_path / "lab.example/anna"


def test_the_uid_list_says_every_uid_and_the_next_one(tmp_path: Path):
    folder = written(tmp_path) / "Entw&APw-rfe" / "v1.0"
    head, *rows = (folder / "dovecot-uidlist").read_text().splitlines()
    assert head.split()[:3] == ["3", "V1200000000", "N900"]
    assert len(head.split()[3]) == 33
    assert [row.split(" :")[0] for row in rows] == ["7", "650"]
    for row in rows:
        assert len(list((folder / "cur").glob(row.split(":")[1] + ":2,*"))) == 1


def test_flags_keywords_sizes_and_dates_are_in_the_files(tmp_path: Path):
    folder = written(tmp_path) / "Entw&APw-rfe" / "v1.0"
    files = {path.name.partition(":")[2]: path for path in (folder / "cur").iterdir()}
    assert set(files) == {"2,DSb", "2,"}
    assert ",S=5,W=6:" in files["2,DSb"].name
    assert files["2,DSb"].stat().st_mtime == 1_000_000_007
    assert (folder / "dovecot-keywords").read_text() == "0 $Forwarded\n1 Wichtig\n"


def test_rights_are_translated_to_rfc_4314(tmp_path: Path):
    folder = written(tmp_path) / "Entw&APw-rfe" / "v1.0"
    assert (folder / "dovecot-acl").read_text() == "anyone l\nuser=bernd@lab.example lrte\n"


def test_the_cli_sees_mailboxes_folders_and_their_use(tmp_path: Path):
    written(tmp_path)
    store = MailStore(tmp_path, tmp_path / "crowd")
    assert store.places("anna@lab.example") == {
        INBOX: Place(Use(0, 0), children=False),
        ("Entwürfe",): Place(None, children=True),
        ("Entwürfe", "v1.0"): Place(Use(2, 9), children=False),
    }


def test_the_cli_sees_subscriptions_also_of_what_is_gone(tmp_path: Path):
    written(tmp_path)
    store = MailStore(tmp_path, tmp_path / "crowd")
    assert store.subscriptions("anna@lab.example") == [INBOX, ("Entwürfe", "v1.0"), ("R&D", "alt")]
    assert store.subscriptions("nobody@lab.example") == []


def test_subscriptions_of_the_older_form_are_read_too(tmp_path: Path):
    folder = written(tmp_path)
    (folder / "subscriptions").write_text("INBOX\nR&-D/alt\n")
    assert MailStore(tmp_path, tmp_path / "crowd").subscriptions("anna@lab.example") == [INBOX, ("R&D", "alt")]
