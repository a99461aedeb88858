"""The configurations for getmail, used by getmail itself: what was fetched already stays there, the rest comes once."""

from __future__ import annotations

import imaplib
import poplib
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sterna.getmail.config import SKIP, Delivery, Lmtp, PolledFolder, Sendmail, folder_for
from sterna.getmail.seen import read_seen_file
from sterna.getmail.write import write_folders
from sterna.model.address import Address
from sterna.model.polling import PolledAccount
from sterna.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.real.conftest import Site

pytestmark = pytest.mark.real

HERE = Address.parse("anna@lab.example")


def getmail(folder: Path, *options: str, succeeds: bool = True) -> str:
    """Run getmail as cron does; return what it says."""
    done = subprocess.run(
        ["getmail", "--getmaildir", str(folder), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
    )
    said = done.stdout + done.stderr
    assert (done.returncode == 0) is succeeds, said
    return said


def write(folder: PolledFolder | None, out: Path) -> Path:
    assert folder is not None
    write_folders(out, [folder])
    return out / folder.path


def delivery_of(site: Site) -> Delivery:
    return Lmtp(site.info.dir / "run/lmtp/socket")


class Outside:
    """An account at the old server, which plays a provider elsewhere."""

    def __init__(self, site: Site) -> None:
        assert site.info.source is not None
        self._ports = site.info.source.ports
        logins = [(f"{one.name}@{one.domain}", one.password) for one in site.info.accounts]
        self.user, self._password = next(
            (user, secret) for user, secret in logins if secret is not None and self._count(user, secret) >= 8
        )

    def polled(self, **more: object) -> PolledAccount:
        fields = {"leave": True, **more}
        return PolledAccount(
            "old provider",
            "127.0.0.1",
            self.user,
            self._password,
            port=self._ports.pop3,
            **fields,  # type: ignore[arg-type]
        )

    def unique_ids(self) -> list[str]:
        with self._pop3(self.user, self._password) as client:
            return [line.split()[1].decode() for line in client.uidl()[1]]

    def message(self, number: int) -> bytes:
        with self._pop3(self.user, self._password) as client:
            return b"\r\n".join(client.retr(number)[1])

    def add(self, text: bytes) -> None:
        with imaplib.IMAP4("127.0.0.1", self._ports.imap, timeout=10) as client:
            client.login(self.user, self._password.reveal())
            assert client.append("INBOX", "", imaplib.Time2Internaldate(time.time()), text)[0] == "OK"

    def _count(self, user: str, secret: Secret) -> int:
        try:
            with self._pop3(user, secret) as client:
                return client.stat()[0]
        except poplib.error_proto:
            return 0

    @contextmanager
    def _pop3(self, user: str, secret: Secret) -> Iterator[poplib.POP3]:
        client = poplib.POP3("127.0.0.1", self._ports.pop3, timeout=10)
        try:
            client.user(user)
            client.pass_(secret.reveal())
            yield client
        finally:
            client.quit()


def test_what_was_fetched_already_stays_there_and_the_rest_comes_once(lab: Site, tmp_path: Path) -> None:
    lab.add_domain("lab.example")
    lab.add_account(str(HERE))
    outside = Outside(lab)
    ids = outside.unique_ids()
    polled = outside.polled(seen=tuple(ids[:-2]))
    folder = write(folder_for(HERE, polled, delivery_of(lab), lab.info.ca, int(time.time()))[0], tmp_path)
    assert getmail(folder) == "", "cron would send a letter each time"
    arrived = lab.inbox(str(HERE), messages=2)
    wanted = [outside.message(number).partition(b"\r\n\r\n")[2] for number in (len(ids) - 1, len(ids))]
    assert sorted(text.partition(b"\r\n\r\n")[2].strip() for text in arrived) == sorted(map(bytes.strip, wanted))
    assert "(0 bytes) retrieved, 27 skipped".replace("27", str(len(ids))) in getmail(folder, "-v")
    lab.inbox(str(HERE), messages=2, within_s=0)
    outside.add(b"From: x@example.org\r\nSubject: new\r\n\r\nnew\r\n")
    getmail(folder)
    lab.inbox(str(HERE), messages=3)
    assert len(outside.unique_ids()) == len(ids) + 1
    [seen] = folder.glob("oldmail-*")
    assert set(read_seen_file(seen.read_text())) == {each.replace("/", "-") for each in outside.unique_ids()}


def test_a_session_ends_early_and_the_next_one_goes_on(lab: Site, tmp_path: Path) -> None:
    lab.add_domain("lab.example")
    lab.add_account(str(HERE))
    outside = Outside(lab)
    polled = outside.polled(seen=tuple(outside.unique_ids()[:-5]))
    folder = write(folder_for(HERE, polled, delivery_of(lab), lab.info.ca, int(time.time()))[0], tmp_path)
    rc = folder / "getmailrc"
    rc.write_text(rc.read_text().replace("max_messages_per_session = 100", "max_messages_per_session = 2"))
    for fetched, arrived in ((2, 2), (2, 4), (1, 5)):
        assert f"{fetched} messages" in getmail(folder, "-v")
        lab.inbox(str(HERE), messages=arrived)


def test_where_nothing_is_known_what_lies_there_can_be_skipped(lab: Site, tmp_path: Path) -> None:
    lab.add_domain("lab.example")
    lab.add_account(str(HERE))
    outside = Outside(lab)
    folder = write(folder_for(HERE, outside.polled(), delivery_of(lab), lab.info.ca, int(time.time()))[0], tmp_path)
    getmail(folder, "--rcfile", SKIP)
    outside.add(b"From: x@example.org\r\nSubject: new\r\n\r\nnew\r\n")
    getmail(folder)
    [text] = lab.inbox(str(HERE))
    assert b"Subject: new" in text


def test_what_is_not_to_be_left_is_deleted_there_only_after_it_has_arrived(lab: Site, tmp_path: Path) -> None:
    lab.add_domain("lab.example")
    lab.add_account(str(HERE), mailbox=False)
    lab.expect("lmtp|Mailbox")
    outside = Outside(lab)
    polled = outside.polled(leave=False)
    folder = write(folder_for(HERE, polled, delivery_of(lab), lab.info.ca, int(time.time()))[0], tmp_path)
    before = len(outside.unique_ids())
    assert "Cannot deliver" in getmail(folder, succeeds=False)
    assert len(outside.unique_ids()) == before
    lab.add_mailbox(str(HERE))
    getmail(folder)
    lab.inbox(str(HERE), messages=before)
    assert outside.unique_ids() == []


def test_over_tls_certificate_and_name_are_checked(platform: Site, tmp_path: Path) -> None:
    platform.expect("SSL_accept|alert|badlogin|STARTTLS|TLS")
    platform.add_domain("lab.example")
    platform.add_domain("fjord.example")
    platform.add_account(str(HERE))
    platform.add_account("far@fjord.example", "s3cret")
    platform.send("far@fjord.example", "from far")
    platform.inbox("far@fjord.example")
    port = platform.info.platform.ports.pop3s
    polled = PolledAccount(
        "tls", "localhost", "far@fjord.example", Secret("s3cret"), port=port, tls=True, leave=True, seen=()
    )
    deliver = delivery_of(platform)
    untrusted = Path("/etc/ssl/certs/ca-certificates.crt")
    wrong = write(folder_for(HERE, polled, deliver, untrusted, int(time.time()))[0], tmp_path / "wrong")
    assert "certificate verify failed" in getmail(wrong, succeeds=False)
    platform.inbox(str(HERE), messages=0, within_s=0)
    right = write(folder_for(HERE, polled, deliver, platform.info.ca, int(time.time()))[0], tmp_path / "right")
    getmail(right)
    [text] = platform.inbox(str(HERE))
    assert text.endswith(b"from far\r\n")


def test_sendmail_is_told_sender_and_recipient_as_arguments_of_their_own(lab: Site, tmp_path: Path) -> None:
    outside = Outside(lab)
    outside.add(b"Return-Path: <>\r\nFrom: x@example.org\r\n\r\nno sender\r\n")
    told = tmp_path / "told"
    command = tmp_path / "sendmail"
    command.write_text(f'#!/bin/sh\nfor each; do printf "<%s>" "$each"; done >{told}\ncat >{told}.mail\n')
    command.chmod(0o755)
    polled = outside.polled(seen=tuple(outside.unique_ids()[:-1]))
    folder = write(folder_for(HERE, polled, Sendmail(command), lab.info.ca, int(time.time()))[0], tmp_path / "out")
    for path in (tmp_path, *tmp_path.rglob("*")):
        path.chmod(0o755 if path.is_dir() else path.stat().st_mode | 0o044)
    # getmail runs no command as root.
    rc = folder / "getmailrc"
    rc.write_text(rc.read_text().replace("[destination]\n", "[destination]\nallow_root_commands = true\n"))
    getmail(folder)
    assert told.read_text() == "<-i><-f><><--><anna@lab.example>"
    assert (told.with_name("told.mail")).read_bytes().rstrip().endswith(b"no sender")
