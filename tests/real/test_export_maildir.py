"""The way back: what is written from the target is served by another server as the target serves it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from sterna.lab.lab import LabOptions
from sterna.maildir.folders import FS, MAILDIRPP
from sterna.migration.apply import apply_plan
from sterna.migration.copy.run import copy_site
from sterna.migration.export_maildir import SOURCE, export_maildir
from sterna.migration.origin.account_files import MaildirFiles
from sterna.migration.plan import make_plan
from sterna.site.files import SourceFiles
from sterna.site.load import load_site
from sterna.state.file_uids import FileUids
from tests.real import strangers

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

RENE = "rene.pfeiffer@lab.example"
PASSWORD = "Kuestenseeschwalbe2006"


async def test_dovecot_serves_what_was_written_from_cyrus(start_lab, tmp_path):
    lab = start_lab(LabOptions(messages=200))
    site = load_site(lab.info.site)
    assert not (await apply_plan(site, await make_plan(site))).failures
    copied = await copy_site(site, accounts=[RENE])
    assert copied.failures == ()
    out = tmp_path / "export"
    first = await export_maildir(site, out, layout=FS, accounts=[RENE])
    assert first.failures == []
    assert first.written == copied.counts.copied
    with strangers.target_client(lab.info.as_json(), RENE) as client:
        client.select("INBOX")
        client.uid("STORE", client.uid("SEARCH", "ALL")[1][0].split()[0], "+FLAGS", "(\\Answered Rueckweg)")
    again = await export_maildir(site, out, layout=FS, accounts=[RENE])
    assert (again.written, again.flagged, again.unchanged, again.failures) == (0, 1, first.written - 1, [])
    # The old server gets the export in place of its own files.
    old = lab.info.dir / "source" / "mail" / "lab.example" / "rene.pfeiffer"
    owner = old.stat()
    shutil.rmtree(old)
    shutil.copytree(out / "lab.example" / "rene.pfeiffer", old, copy_function=shutil.copy2)
    for path in [old, *old.rglob("*")]:
        os.chown(path, owner.st_uid, owner.st_gid)
    found = strangers.differences(lab.info.as_json(), RENE, PASSWORD, {})
    # Cyrus does not tell a subscription whose mailbox is gone.
    assert [each for each in found if "subscription 'Lists/openldap-software'" not in each] == []
    await _both_layouts_say_the_same(site, tmp_path, first.written)


async def _both_layouts_say_the_same(site, tmp_path: Path, messages: int) -> None:
    """Export the other side in the other layout, and read both as a source would."""
    other = await export_maildir(site, tmp_path / "other", side=SOURCE, layout=MAILDIRPP, accounts=[RENE])
    assert other.written == messages
    uids = FileUids.open(tmp_path / "uids.sqlite")
    seen: list[Sequence[object]] = []
    for folder in ("export", "other"):
        root = tmp_path / folder / "lab.example" / "rene.pfeiffer"
        files = MaildirFiles(root, uids, SourceFiles(path=root, domain="lab.example"))
        boxes = {box.name: files.open(box.wire) for box in files.mailboxes()}
        seen.append(
            sorted(
                (box.state.uidvalidity, fact.uid, fact.flags, fact.internaldate, box.body(fact.uid))
                for box in boxes.values()
                for fact in box.facts(1, 2**32)
            )
        )
    uids.close()
    assert seen[0] == seen[1]
    assert len(seen[0]) == messages
