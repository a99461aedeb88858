"""A small base directory as the manual describes one, with the forms that accounts and mailboxes can have."""

from __future__ import annotations

import tarfile
from pathlib import Path

FILES = {
    "Settings/Main.settings": "{\n DomainName = \"Lab.Example\";\n}\n",
    "Settings/DomainDefault.settings": (
        "{\n MailToUnknown = Rejected;\n AccountDefaults = {MaxAccountSize=200M;QuotaAlert=80;\n"
        "   ServiceClasses={small={MaxAccountSize=1M;};};};\n}\n"
    ),
    "Settings/WebUserPrefs.settings": "{\n SentBox = \"Sent Items\";\n}\n",
    "Settings/Rules.settings": "((1,Archive,(),((\"Add Header\",\"X-Lab: yes\"))))\n",
    "Settings/SMTP.settings": "{\n Port = 25;\n}\n",
    "Settings/Odd.key": "?",
    "Accounts/Settings/Domain.settings": "{\n MailToUnknown = Rejected;\n}\n",
    "Accounts/Settings/Template.settings": "{\n MaxAccountSize = 7M;\n}\n",
    "Accounts/Settings/Access.settings": "{\n anna = (Master);\n}\n",
    "Accounts/Settings/Aliases.data": "?",
    "Accounts/anna.macnt/account.settings": (
        "{\n MaxAccountSize = 500M;\n Password = \"\\002{SHA}abc\";\n RealName = \"Anna B.\";\n"
        " Rules = ((5,ToWork,((Subject,is,\"*[work]*\")),((\"Store in\",Work),(Discard))));\n}\n"
    ),
    "Accounts/anna.macnt/account.info": (
        "{\n \"#LastLogin\" = #T05-03-2011;\n \"#Viewer\" = {SentBox=Gesendet;};\n INBOX = {Access={};BoxSeq=0;};\n"
        " \"Work/Projects\" = {Access={bob=lrs;};BoxSeq=3;};\n Termine = {Class=\"IPF.Appointment\";};\n}\n"
    ),
    "Accounts/anna.macnt/INBOX.mbox": "From a\n\nx\n",
    "Accounts/anna.macnt/Work.mbox": "12345",
    "Accounts/anna.macnt/Work.folder/Projects.mdir/1.msg": "1234567890",
    "Accounts/anna.macnt/Work.folder/Projects.mdir/2.msg": "12345",
    "Accounts/anna.macnt/Only.folder/M&APw-ll.mslc/1": "abc",
    "Accounts/anna.macnt/Termine.mbox": "",
    "Accounts/anna.macnt/account.dst": "?",
    "Accounts/anna.macnt/strange": "?",
    "Accounts/anna.macnt/account.rpopids/home": "uid1\nuid2\n",
    "Accounts/anna.macnt/account.web/page.html": "<p>",
    "Accounts/single.settings": "{\n RealName = \"One Box\";\n}\n",
    "Accounts/single.info": "{\n}\n",
    "Accounts/single.mbox": "1234",
    "Accounts/j.sub/john.macnt/account.settings": "{\n ServiceClass = small;\n}\n",
    "Accounts/stray": "?",
    "Domains/fjord.example/Settings/Domain.settings": "{\n AccountDefaults = {MaxAccountSize=120M;};\n}\n",
    "Domains/fjord.example/kari.macnt/account.settings": "{\r\n RealName = \"Kari \"\r\n  \"Nord\";\r\n}\r\n",
}  # fmt: skip
"""Path and content."""


def write_tree(base: Path, files: dict[str, str] | None = None) -> Path:
    """Write a tree and return its path."""
    for name, text in (FILES if files is None else files).items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return base


def write_archive(path: Path, base: Path, *, mode: str = "w", inside: str = "var/CommuniGate") -> Path:
    """Pack a tree into an archive, below the folder `inside`, and return its path."""
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]  # the mode is the caller's
        tar.add(base, inside)
    return path
