"""Replace everything in a reply that is not known to be a word of CommuniGate's, and keep how it is written.

The reply is not decoded: its own spelling (quotes, escapes, line breaks, forms of numbers) is what a sample is for, and
a reply that cannot be decoded is worth most. So every token is either kept because a list of words has it, or replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from sterna.communigate.sample.placeholder import Placeholders, hidden
from sterna.communigate.sample.words import COMMAND, SCHEMES, SPOKEN, WORDS

_TOKEN: Final = re.compile(
    r'"(?P<quoted>(?:[^"\\]|\\.)*)(?P<close>"?)'
    r"|\[(?P<block>[A-Za-z0-9+/=\s]*)\]"
    r"|\#I\[(?P<address>[^\]\s]*)\](?P<port>:[0-9]*)?"
    r"|(?P<time>\#T[0-9]{1,2}-[0-9]{1,2}-[0-9]{1,4}(?:_[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2})?)"
    r"|(?P<mark>[{}()=;,\[\]\"])"
    r"|(?P<space>[ \t\r\n]+)"
    r"|(?P<atom>[^\s{}()=;,\[\]\"]+|.)",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:([0-9]{3})|(.))", re.DOTALL)
_SECRET_KEY: Final = re.compile(r"pass|secret|key|pin|credential|token|cert|auth(?!name)", re.IGNORECASE)
_MANNER: Final = re.compile(r"PasswordEncryption\"?\s*=\s*\"?([A-Za-z0-9-]+)")
_HASH: Final = re.compile(r"((?:\\002|\x02)?)(\{[A-Za-z0-9-]+\})?(\$(?:1|2[abxy]|5|6|y|7)\$)?(.*)", re.DOTALL)
_VERSION: Final = re.compile(r"(?<=Server )[0-9]{1,2}\.[0-9]{1,2}(?:\.[0-9]{1,2})?(?![0-9.])")
_SETTING: Final = re.compile(r"[A-Z][A-Za-z0-9]{2,40}")
"""How names of settings look."""

_SPOKEN_WORD: Final = re.compile(r"[^\W_]+")
_NO_SECRETS: Final = frozenset({"PasswordEncryption", "PasswordRecovery", "PWDAllowed", "UseAppPassword",
                                "UseSysPassword", "UseKerberosPassword", "UseExtPassword", "UseCertificateAuth",
                                "CertificateType", "AUTHMethods", "ForceSMTPAUTH"})  # fmt: skip


class Anonymiser:
    """Replaces, the same by the same all through one sample.

    Attributes:
        replaced_keys: keys of dictionaries that were replaced; an operator may know them to be harmless.
    """

    def __init__(self, keep: frozenset[str] = frozenset()) -> None:
        self.replaced_keys: set[str] = set()
        self._words = WORDS | keep
        self._spoken = SPOKEN | keep
        self._placeholders = Placeholders()

    def object(self, data: bytes, *, secret: bool = False, settings: bool = True) -> str:
        """Return an object in the text format with all but known words replaced.

        Args:
            data: the object.
            secret: known words are replaced, too.
            settings: its keys are names of settings, so that those which were replaced are worth telling.
        """
        text = data.decode(errors="surrogateescape")
        manner = _MANNER.search(text)
        return _Pass(
            self, hashed=manner is not None and manner[1].lower() != "clear", secret=secret, told=settings
        ).run(text)

    def commands(self, data: bytes) -> str:
        """Return a list of commands with all but commands replaced."""

        def command(found: re.Match[str]) -> str:
            return found[0] if COMMAND.fullmatch(found[0]) else self._placeholders.text(found[0])

        return self._placeholders_between(data.decode(errors="surrogateescape"), command)

    def spoken(self, text: str) -> str:
        """Return the text of a greeting or a reply, with a program's version but no names."""
        found = _VERSION.search(text)
        if found is None:
            return self._said(text)
        return self._said(text[: found.start()]) + found[0] + self._said(text[found.end() :])

    def version(self, text: str) -> str:
        """Return what is only a version."""
        return text if re.fullmatch(r"[0-9]{1,2}\.[0-9]{1,2}(?:\.[0-9]{1,2})?", text) else self._said(text)

    def _said(self, text: str) -> str:
        def word(found: re.Match[str]) -> str:
            return found[0] if found[0] in self._spoken else self._placeholders.text(found[0])

        return self._placeholders_between(text, word)

    def _placeholders_between(self, text: str, word: Callable[[re.Match[str]], str]) -> str:
        parts: list[str] = []
        at = 0
        for found in _SPOKEN_WORD.finditer(text):
            parts += (self._placeholders.text(text[at : found.start()]), word(found))
            at = found.end()
        return "".join(parts) + self._placeholders.text(text[at:])

    def word(self, text: str) -> str | None:
        """Return `text` when it is on the list, else None."""
        return text if text in self._words else None

    def shape(self, text: str) -> str:
        """Return the placeholder of a text, with its escapes."""
        parts: list[str] = []
        at = 0
        for found in _ESCAPE.finditer(text):
            parts += (self._placeholders.text(text[at : found.start()]), _escape(found))
            at = found.end()
        return "".join(parts) + self._placeholders.text(text[at:])


class _Pass:
    """Goes through one reply, and knows which key it is at."""

    def __init__(self, anonymiser: Anonymiser, *, hashed: bool, secret: bool, told: bool) -> None:
        self._anonymiser = anonymiser
        self._hashed = hashed
        self._secret = secret
        self._told = told
        self._keys: list[str] = [""]

    def run(self, text: str) -> str:
        tokens = list(_TOKEN.finditer(text))
        return "".join(self._token(found, _key_follows(tokens, place + 1)) for place, found in enumerate(tokens))

    def _token(self, found: re.Match[str], is_key: bool) -> str:
        match found.lastgroup:
            case "space":
                return found[0]
            case "mark":
                return self._mark(found[0])
            case "block" | "time" | "address" | "port":
                return _other(found)
            case "atom":
                return self._string(found[0], is_key)
            case _:
                return f'"{self._string(found["quoted"], is_key)}{found["close"]}'

    def _mark(self, mark: str) -> str:
        if mark in "{(":
            self._keys.append(self._keys[-1])
        elif mark in "})" and len(self._keys) > 1:
            self._keys.pop()
        elif mark == ";":
            self._keys[-1] = self._keys[-2] if len(self._keys) > 1 else ""
        return mark

    def _string(self, text: str, is_key: bool) -> str:
        if is_key:
            self._keys[-1] = text
            kept = self._anonymiser.word(text)
            if kept is None and self._told and _SETTING.fullmatch(text):
                self._anonymiser.replaced_keys.add(text)
            return self._anonymiser.shape(text) if kept is None else kept
        key = self._keys[-1]
        if self._secret or (_SECRET_KEY.search(key) and key not in _NO_SECRETS):
            return self._hidden(text)
        kept = self._anonymiser.word(text)
        return self._anonymiser.shape(text) if kept is None else kept

    def _hidden(self, text: str) -> str:
        found = _HASH.fullmatch(text)
        if found is None or not text:
            return ""
        mark, scheme, crypt, rest = found.groups()
        known = scheme is not None and scheme[1:-1].lower() in SCHEMES
        if not (mark or known or crypt or self._hashed):
            return "xxxxxxxx"
        kept = scheme if known else hidden(scheme or "")
        return ("\\002" if mark else "") + kept + (crypt or "") + hidden(rest)


def _other(found: re.Match[str]) -> str:
    """Return a datablock, a time or an IP address of the same form as another."""
    if found["block"] is not None:
        return f"[{'A' * min(24, (len(found['block']) + 3) // 4 * 4)}]"
    if found["time"]:
        return re.sub(r"[0-9]+", lambda digits: "0" * (len(digits[0]) - 1) + "1", found[0])
    port = ":25" if found["port"] else ""
    return f"#I[{'2001:db8::1' if ':' in found['address'] else '192.0.2.1'}]{port}"


def _key_follows(tokens: list[re.Match[str]], place: int) -> bool:
    """Return whether the token before `place` is a key: the next one but white space is ``=``."""
    while place < len(tokens) and tokens[place].lastgroup == "space":
        place += 1
    return place < len(tokens) and tokens[place][0] == "="


def _escape(found: re.Match[str]) -> str:
    if found[1]:
        return "\\002" if found[1] == "002" else "\\001"
    return found[0] if found[2] in 'rnte"\\' else "\\*"
