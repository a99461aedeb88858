"""Say what server-wide and domain-wide settings, rules and routes do that the target will not."""

from __future__ import annotations

from sterna.communigate.commands import ReadCommand as Word
from sterna.communigate.connection_errors import CommandRefusedError
from sterna.communigate.enquiry import Enquiry
from sterna.communigate.rules import read_rules
from sterna.communigate.settings import settings_findings, shown
from sterna.communigate.syntax import DataFormatError
from sterna.communigate.values import Value, as_dictionary, as_text
from sterna.model.finding import Finding, Outcome

SERVER = "source"
"""What findings about the whole old server are about."""

_DOMAIN_KEYS = {
    "MailToUnknown": "what happens to mail for unknown names; the target rejects it",
    "MailRerouteAddress": "where mail for unknown names goes; the target rejects it",
    "MailToAllAction": "who may write to all@",
    "AllWithForwarders": "whether mail to all@ goes to forwarders too",
    "TrailerText": "a text under every sent message",
    "AutoSignup": "whether people may make accounts themselves",
}
"""Domain settings that concern mail. The others are about CommuniGate's own parts."""


_SAME = (("MailToUnknown", "Rejected"), ("AutoSignup", "NO"))
"""Settings that are so on the target too."""


async def domain_findings(enquiry: Enquiry, domain: str) -> tuple[Finding, ...]:
    """Return the findings of one domain: its explicit settings, the defaults of its accounts, its rules."""
    findings: list[Finding] = []
    settings = as_dictionary(await _ask(enquiry, findings, domain, Word.GETDOMAINSETTINGS, about=(domain,))) or {}
    for key, why in _DOMAIN_KEYS.items():
        if key in settings and (key, settings[key]) not in _SAME:
            what = shown(key, settings[key])
            findings.append(Finding("domain", domain, Outcome.DROPPED, what, f"not moved yet: {why}"))
    if others := sorted(settings.keys() - _DOMAIN_KEYS.keys() - {"AccountDefaults"}):
        why = "settings of the domain that concern CommuniGate itself or are not known"
        findings.append(Finding("domain", domain, Outcome.DROPPED, ", ".join(others), why))
    defaults = as_dictionary(await _ask(enquiry, findings, domain, Word.GETACCOUNTDEFAULTS, about=(domain,))) or {}
    findings += settings_findings(defaults, f"{domain}: account defaults", "domain")
    rules = await _ask(enquiry, findings, domain, Word.GETDOMAINMAILRULES, Word.GETDOMAINRULES, about=(domain,))
    return (*findings, *_rules(domain, rules))


async def server_findings(enquiry: Enquiry) -> tuple[Finding, ...]:
    """Return the findings of the whole server: its rules, its routes, and the commands that it does not have."""
    findings: list[Finding] = []
    rules = await _ask(enquiry, findings, SERVER, Word.GETSERVERMAILRULES, Word.GETSERVERRULES)
    findings += _rules(SERVER, rules)
    findings += _routes(as_text(await _ask(enquiry, findings, SERVER, Word.GETROUTERTABLE)) or "")
    return (*findings, *_unknown_commands(enquiry))


async def _ask(
    enquiry: Enquiry, findings: list[Finding], object_: str, *words: Word, about: tuple[Value, ...] = ()
) -> Value:
    try:
        return await enquiry.ask(*words, about=about)
    except (CommandRefusedError, DataFormatError) as error:
        if not (isinstance(error, CommandRefusedError) and error.unknown_command):
            kind = "server" if object_ == SERVER else "domain"
            findings.append(Finding(kind, object_, Outcome.UNREADABLE, words[0].value, str(error)))
        return None


def _rules(object_: str, value: Value) -> list[Finding]:
    rules, errors = read_rules(value)
    todo = "do the same on the target's Postfix by hand"
    return [
        Finding("filter", object_, Outcome.DROPPED, f"rule {rule.name!r}", "a rule for everybody: not moved yet", todo)
        for rule in rules
        if rule.active
    ] + [
        Finding("filter", object_, Outcome.UNREADABLE, f"rule {error.place}", f"expected {error.expected}")
        for error in errors
    ]


def _routes(table: str) -> list[Finding]:
    lines = (line.strip() for line in table.splitlines())
    why = "not moved yet: a line of the Router table, which overrides all other addresses"
    todo = "look whether the target needs a transport or an alias for it"
    return [
        Finding("route", SERVER, Outcome.DROPPED, line, why, todo)
        for line in lines
        if line and not line.startswith(";")
    ]


def _unknown_commands(enquiry: Enquiry) -> list[Finding]:
    """Return what was never read; words that have an older form, which was read instead, are no loss."""
    older = {
        Word.GETACCOUNTMAILRULES: Word.GETACCOUNTRULES,
        Word.GETDOMAINMAILRULES: Word.GETDOMAINRULES,
        Word.GETSERVERMAILRULES: Word.GETSERVERRULES,
        Word.GETMAILBOXSUBSCRIPTION: Word.GETACCOUNTSUBSCRIPTION,
    }
    replaced = {Word.GETACCOUNTEFFECTIVESETTINGS, Word.LISTDOMAINOBJECTS, Word.GETDOMAINLISTS}
    why = "this version of CommuniGate does not have the command: what it would tell could not be read"
    return [
        Finding("server", SERVER, Outcome.UNREADABLE, word.value, why)
        for word in sorted(enquiry.unknown)
        if word not in replaced and (word not in older or older[word] in enquiry.unknown) and word not in older.values()
    ]
