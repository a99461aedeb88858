"""Makes the stand-in's folder from nothing, and says which servers run on it.

base/       the CommuniGate base directory
mail/       the mail store, one folder for each domain and account
crowd/      the mail store of accounts that are there for their number
dovecot/    IMAP and POP3: configuration, logins, certificate
slapd/      LDAP
cli.json, switches.json, log/    the CLI
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from pathlib import Path

from sterna.lab.process import ProcessSpec
from sterna.lab.source import cliprocess, directory, dovecot, mbox
from sterna.lab.source.contents import contents
from sterna.lab.source.crowd import crowds
from sterna.lab.source.kinds import Person, Use
from sterna.lab.source.maildir import Written, write_account
from sterna.lab.source.options import Login, SourceInfo, SourceOptions, SourcePorts
from sterna.lab.source.population import ADMIN, population
from sterna.lab.source.tree import write_base
from sterna.model.secret import Secret
from sterna.pki.authority import Authority

_KIB = 1024


def prepare(folder: Path, options: SourceOptions, ports: SourcePorts, authority: Authority) -> SourceInfo:
    """Write the whole stand-in into `folder`, which must not be there yet, and return what others need to know of it.

    Raises:
        FileExistsError: the folder holds a stand-in already.
        NoDovecotError: Dovecot has not been unpacked on this machine.
        LoadError: slapd refuses the directory.
    """
    dovecot.prefix()
    site = population()
    site = replace(site, crowd=crowds(max(0, options.accounts - len(site.people)), options.seed))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)  # others pass through to what is theirs
    (folder / "log").mkdir()
    written = {
        person.address: write_account(folder / "mail", person, mailboxes)
        for person, mailboxes in contents(site.people, options)
    }
    _give_to_mail_user(folder / "mail")
    crowd = _write_crowd(folder / "crowd", chain.from_iterable(site.crowd.values()), options.seed)
    people = tuple(_with_quota(person, written[person.address]) for person in site.people)
    site = replace(site, people=people)
    dovecot.write_files(folder, site, options, ports, authority)
    directory.write_files(folder, site, suffix=options.switches.directory_suffix)
    write_base(folder / "base", site)
    cliprocess.write_files(folder, ports, options.switches)
    return SourceInfo(
        tree=folder / "base",
        accounts=tuple(_login(person) for person in site.everybody()),
        admin=ADMIN,
        admin_password=Secret(site.person(ADMIN).password.text),
        messages=crowd.messages + sum(each.messages for each in written.values()),
        size_bytes=crowd.size_bytes + sum(each.size_bytes for each in written.values()),
    )


def processes(folder: Path, ports: SourcePorts) -> list[ProcessSpec]:
    """Return the servers that run on a folder that `prepare` has made."""
    return [each.process(folder, ports) for each in (dovecot, directory, cliprocess)]


def _write_crowd(folder: Path, crowd: Iterable[Person], seed: int) -> Use:
    """Write the mail of the crowd, and return how much it is."""
    mail_user = pwd.getpwnam(dovecot.MAIL_USER)
    owner = (mail_user.pw_uid, mail_user.pw_gid)
    folder.mkdir(mode=0o700)
    os.chown(folder, *owner)
    known = mbox.letters(seed)
    written = [mbox.write_account(folder / person.address, person, known, owner) for person in crowd]
    return Use(sum(each.messages for each in written), sum(each.size_bytes for each in written))


def _with_quota(person: Person, written: Written) -> Person:
    """Give an account that is to be almost full a limit of which it uses 97 %."""
    if not person.almost_full:
        return person
    limit = f"{written.size_bytes * 100 // 97 // _KIB + 1}K"
    return replace(person, settings={**person.settings, "MaxAccountSize": limit})


def _login(person: Person) -> Login:
    known = person.password.known if person.may_log_in else None
    return Login(person.local, person.domain, None if known is None else Secret(known))


def _give_to_mail_user(folder: Path) -> None:
    owner = pwd.getpwnam(dovecot.MAIL_USER)
    for path, _, files in os.walk(folder):
        os.chown(path, owner.pw_uid, owner.pw_gid)
        for name in files:
            os.chown(f"{path}/{name}", owner.pw_uid, owner.pw_gid)
