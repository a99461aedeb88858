"""Ask a server for one of each kind of reply, and write what it answers without saying anything of the site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sterna.communigate.commands import Command, Keyword
from sterna.communigate.commands import ReadCommand as Word
from sterna.communigate.connection import CliConnection
from sterna.communigate.connection_errors import ReplyCutError
from sterna.communigate.reply import Reply, ReplyTooLongError
from sterna.communigate.sample.anonymise import Anonymiser
from sterna.communigate.sample.questions import NAMES_AS_KEYS, OF_ACCOUNT, OF_DOMAIN, OF_LISTED, OF_SERVER, SECRET
from sterna.communigate.syntax import DataFormatError
from sterna.communigate.values import Value, as_array, as_dictionary, as_text, texts
from sterna.imap.connection import Connection
from sterna.imap.fragments import Response

_EMPTY: Final = (b"{}", b"()", b'""', b"")
_LONGEST: Final = 20_000
"""Characters of a reply that a sample has; a list of all accounts shows nothing more in its thousandth."""

_ACCOUNTS: Final = 40
"""Accounts asked until each question has an answer with something in it."""

_LISTED: Final = 5

HEAD: Final = (
    "A sample of what a CommuniGate Pro server answers, made by sterna sample.\n"
    "Words that are CommuniGate's own are as they were. Everything else (names, addresses, hosts, texts, numbers,\n"
    "passwords) has been replaced by letters x y z, digits 7 8 9 and the like, of the same shape.\n"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A finished sample.

    Fields:
        text: the file's content.
        replies: how many replies with content it has; `refused` is how many commands were refused.
        replaced_keys: keys of dictionaries that were replaced, as they were: for the operator's eyes only.
    """

    text: str
    replies: int
    refused: int
    replaced_keys: tuple[str, ...]


class Sampler:
    """Asks by one connection."""

    def __init__(self, connection: CliConnection, keep: Iterable[str] = ()) -> None:
        self._connection = connection
        self._anonymiser = Anonymiser(frozenset(keep))
        self._parts: list[str] = [HEAD]
        self._replies = 0
        self._refused = 0

    async def cli(self, accounts: Sequence[str]) -> None:
        """Ask all questions; of `accounts`, or of the first ones of each domain when there are none.

        Raises:
            SternaError: with scope SERVER: the server cannot be asked any more.
        """
        await self._connection.connect()
        self._add("greeting", "200 " + self._anonymiser.spoken(self._connection.greeting))
        answers = {word: await self._one(word, [()]) for word in OF_SERVER}
        for module in texts(_value(answers[Word.LISTMODULES])):
            name = self._anonymiser.word(module) or self._anonymiser.shape(module)
            await self._one(Word.GETMODULE, [(module,)], f" {name}")
        domains = texts(_value(answers[Word.LISTDOMAINS])) or ((as_text(_value(answers[Word.MAINDOMAINNAME])) or ""),)
        people: list[str] = list(accounts)
        listed: dict[Word, list[str]] = {word: [] for word in OF_LISTED}
        for word in OF_DOMAIN:
            await self._one(word, [(domain,) for domain in domains])
        for domain in domains:
            if not accounts:
                people += await self._names(Word.LISTACCOUNTS, domain, _ACCOUNTS - len(people))
            for word, found in listed.items():
                found.extend(await self._names(word, domain, _LISTED - len(found)))
        for word in OF_ACCOUNT:
            await self._one(word, [(person,) for person in people])
        await self._acls(people)
        await self._seen(people)
        for word, names in listed.items():
            for question in OF_LISTED[word]:
                await self._one(question, [(name,) for name in names])
        await self._subscriber(listed[Word.LISTLISTS])
        await self._pages(domains)

    async def imap(self, connection: Connection) -> None:
        """Ask a logged in IMAP connection what it offers."""
        say = self._anonymiser.spoken
        self._add("IMAP greeting", say(connection.greeting.decode(errors="replace")))
        self._add("IMAP capabilities", say(b" ".join(sorted(connection.capabilities)).decode(errors="replace")))
        for command in (b"NAMESPACE", b'LIST "" ""', b'LIST "" %', b"EXAMINE INBOX"):
            answer = await connection.command(command)
            lines = [_line(each) for each in answer.untagged][:40]
            code = f"[{(answer.code or b'').decode(errors='replace')}] " if answer.code else ""
            lines.append(f"{answer.status.name} {code}{answer.text.decode(errors='replace')}")
            title = command.split(b" ")[0].decode()
            self._add(f"IMAP {title}", "\n".join(say(line.rstrip("\r\n")) for line in lines))

    def without_imap(self, error: str) -> None:
        """Note that IMAP could not be asked, and by which kind of error."""
        self._add("IMAP", f"not asked: {error}")

    def finished(self) -> Sample:
        """Return what was collected."""
        keys = tuple(sorted(self._anonymiser.replaced_keys))
        return Sample("\n".join(self._parts), self._replies, self._refused, keys)

    async def _one(self, word: Word, abouts: Iterable[tuple[Keyword | Value, ...]], more: str = "") -> Reply | None:
        """Ask until an answer has something in it, and add the best one."""
        best: Reply | None = None
        for about in abouts:
            reply = await self._ask(word, about)
            if reply is None:
                continue
            best = reply if best is None or (reply.good and not best.good) else best
            if reply.good and (reply.data or b"").strip() not in _EMPTY:
                best = reply
                break
            if reply.code == 500:
                break
        if best is not None:
            self._reply(word, best, more)
        return best

    async def _ask(self, word: Word, about: tuple[Keyword | Value, ...]) -> Reply | None:
        try:
            return await self._connection.reply(Command(word, about))
        except (ReplyCutError, ReplyTooLongError) as error:
            self._add(word.value, f"no reply: {type(error).__name__}")
            return None

    async def _names(self, word: Word, domain: str, at_most: int) -> list[str]:
        reply = await self._ask(word, (domain,)) if at_most > 0 else None
        value = _value(reply)
        names = list(texts(value) or as_dictionary(value) or ())
        return [f"{name}@{domain}" for name in names[:at_most]]

    async def _acls(self, people: Iterable[str]) -> None:
        abouts: list[tuple[Keyword | Value, ...]] = []
        for person in people:
            mailboxes = as_dictionary(_value(await self._ask(Word.LISTMAILBOXES, (person,)))) or {}
            abouts += ((person, Keyword.MAILBOX, path) for path in list(mailboxes)[:10])
        await self._one(Word.GETMAILBOXACL, abouts)

    async def _seen(self, people: Iterable[str]) -> None:
        """Add the shape of one file in which polling notes what it has fetched, which nobody has described."""
        for person in people:
            folder = await self._ask(Word.LISTSTORAGEFILES, (person, Keyword.PATH, "private/rpopids"))
            for name in as_dictionary(_value(folder)) or ():
                path = name if "/" in name else f"private/rpopids/{name}"
                answer = _value(await self._ask(Word.READSTORAGEFILE, (person, Keyword.FILE, path)))
                content = next((each for each in as_array(answer) or (answer,) if isinstance(each, bytes)), b"")
                if content:
                    text = content[:2000].decode(errors="surrogateescape")
                    self._add("READSTORAGEFILE (what is in a file of fetched messages)", self._anonymiser.shape(text))
                    return

    async def _subscriber(self, lists: Iterable[str]) -> None:
        abouts: list[tuple[Keyword | Value, ...]] = []
        for name in lists:
            subscribers = texts(_value(await self._ask(Word.LISTSUBSCRIBERS, (name,))))
            abouts += ((name, Keyword.NAME, subscriber) for subscriber in subscribers[:5])
        await self._one(Word.GETSUBSCRIBERINFO, abouts)

    async def _pages(self, domains: Sequence[str]) -> None:
        keywords = (Keyword.ACCOUNTS, Keyword.ALIASES, Keyword.FORWARDERS, Keyword.COOKIE, "")
        await self._one(Word.LISTDOMAINOBJECTS, [(domain, "20", *keywords) for domain in domains])

    def _reply(self, word: Word, reply: Reply, more: str) -> None:
        head = f"{reply.code} {self._anonymiser.spoken(reply.text)}".rstrip()
        if reply.data is None:
            self._refused += not reply.good
            self._add(f"{word.value}{more}", head)
            return
        self._replies += 1
        data = reply.data[:_LONGEST]
        if word is Word.GETVERSION:
            text = self._anonymiser.version(data.decode(errors="replace").strip('" '))
        elif word is Word.LISTCLICOMMANDS:
            text = self._anonymiser.commands(data)
        else:
            text = self._anonymiser.object(data, secret=word in SECRET, settings=word not in NAMES_AS_KEYS)
        how = "data on lines of their own" if reply.over_lines else "data in line"
        cut = f", the first {_LONGEST} of {len(reply.data)} bytes" if len(data) < len(reply.data) else ""
        self._add(f"{word.value}{more} ({how}{cut})", f"{head}\n{text}")

    def _add(self, title: str, text: str) -> None:
        self._parts.append(f"== {title}\n{text}\n")


def _value(reply: Reply | None) -> Value:
    try:
        return reply.value() if reply is not None and reply.good else None
    except DataFormatError:
        return None


def _line(response: Response) -> str:
    return " ".join(part.decode(errors="replace") for part in response.parts)
