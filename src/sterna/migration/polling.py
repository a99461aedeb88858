"""Write configurations of getmail for the accounts elsewhere that the source fetches from; nothing else is changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sterna.communigate.server import SourceServer
from sterna.getmail.config import Delivery, PolledFolder, folder_for
from sterna.getmail.write import State, WrittenFile, write_folders
from sterna.migration.planned import finding_as_json
from sterna.migration.report.text import findings as text_of
from sterna.migration.report.text import printable
from sterna.model.finding import Finding
from sterna.site.declaration import Site


@dataclass(frozen=True, slots=True)
class GetmailExport:
    """What was written, and what getmail cannot do as the source did."""

    out: Path
    folders: tuple[PolledFolder, ...]
    files: tuple[WrittenFile, ...]
    findings: tuple[Finding, ...]

    def as_json(self) -> dict[str, object]:
        """Return it as JSON values; no password is among them."""
        return {
            "out": str(self.out),
            "folders": [
                {
                    "account": str(folder.account),
                    "record": folder.record,
                    "path": str(self.out / folder.path),
                    "period_s": folder.period_s,
                    "seen_list": folder.seen is not None,
                }
                for folder in self.folders
            ],
            "files": [{"path": str(file.path), "state": str(file.state)} for file in self.files],
            "findings": [finding_as_json(finding) for finding in self.findings],
        }

    def lines(self) -> list[str]:
        """Return it for a person to read."""
        if not self.folders and not self.findings:
            return ["The source fetches mail from no accounts elsewhere; nothing had to be written."]
        lines = [f"{folder.account}: {folder.record}: {self.out / folder.path}" for folder in self.folders]
        lines += [
            f"{file.path} was changed since; it stays, and the new text is in {file.path}.new"
            for file in self.files
            if file.state is State.DIFFERS
        ]
        return [printable(line) for line in (*lines, *text_of(self.findings))]


async def export_getmail(site: Site, out: Path, delivery: Delivery, ca_file: Path, now: int) -> GetmailExport:
    """Ask the source for its records, passwords among them, and write getmail's folders below `out`.

    Args:
        site: whose source.
        out: where to write; made when it is not there.
        delivery: how getmail delivers.
        ca_file: certificates of the authorities that getmail trusts.
        now: the time, in Unix seconds.

    Raises:
        SternaError: with scope SERVER or above: the source cannot be used.
        NotWrittenError: something cannot be written.
    """
    folders: list[PolledFolder] = []
    findings: list[Finding] = []
    async with SourceServer.open(site.source) as server:
        for domain in await server.domains():
            async for read in server.accounts(domain.name):
                if (account := read.value) is None:
                    continue  # a finding of the survey
                for polled in account.polled:
                    folder, found = folder_for(account.address, polled, delivery, ca_file, now)
                    folders += [] if folder is None else [folder]
                    findings += found
    folders.sort(key=lambda folder: folder.path)
    written = write_folders(out, folders) if folders else []
    return GetmailExport(out, tuple(folders), tuple(written), tuple(findings))
