"""What the operator has to decide, drawn from what the survey saw. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sterna.migration.survey.content import Decision
from sterna.migration.survey.probes.seen import AccessSeen, Probed, TlsSeen, UidlSeen, Works

_SOON: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What decisions are drawn from.

    Fields:
        counts: sums, as the report has them.
        seen: how many things there are of each kind.
        passwords: how many of each kind and reason.
        probed: by the probes.
        access: the way of access that the site file declares.
        now: aware.
    """

    counts: Mapping[str, int]
    seen: Mapping[str, int]
    passwords: Mapping[tuple[str, str], int]
    probed: Probed
    access: str
    now: datetime


def decisions(grounds: Grounds) -> tuple[Decision, ...]:
    """Return what somebody has to decide, what stops a migration first."""
    return (
        *_access(grounds.probed.access, grounds.access),
        *(each for tls in grounds.probed.tls for each in _tls(tls, grounds.now)),
        *_uidl(grounds.probed.uidl),
        *_passwords(grounds.passwords),
        *_site(grounds.counts, grounds.seen),
    )


def _access(ways: Sequence[AccessSeen], declared: str) -> Iterable[Decision]:
    if not ways:
        return
    working = [way for way in ways if way.works is Works.YES]
    chosen = next((way for way in ways if way.setting == declared), None)
    if chosen is not None and chosen.works is Works.YES:
        return
    if not any(way.setting for way in working):
        said = "; ".join(f"{way.name}: {way.said}" for way in ways if way.works is Works.NO) or "no account has mail"
        how = (
            "Give the administrator on the source the right to read all mailboxes (Can Modify All Domains And Accounts "
            "Settings, and no mailbox access rights that shut it out), then survey again."
        )
        yield Decision("Open a way to read everybody's mail", said, how)
        return
    way = next(way for way in working if way.setting)
    why = f"source.imap.access is {declared!r}, which does not work here: {chosen.said if chosen else 'not tried'}"
    yield Decision("Choose how mail is read", why, f'Set access = "{way.setting}" under [source.imap]: it works.')


def _tls(tls: TlsSeen, now: datetime) -> Iterable[Decision]:
    if tls.mode == "none":
        why = "the site file declares no TLS for it, so an administrator's password crosses the network in clear"
        yield Decision(f"Protect {tls.service}", why, "Use it on loopback or through a tunnel only.")
        return
    if tls.trouble:
        yield Decision(
            f"Mend TLS of {tls.service}", tls.trouble, "Correct port and tls in the site file, or the server."
        )
    certificate = tls.certificate
    if certificate is None:
        return
    if certificate.distrust:
        how = "Make sure of its fingerprint, then set ca_file in the site file; or give the server another certificate."
        yield Decision(f"Trust the certificate of {tls.service}", certificate.distrust, how)
    elif certificate.not_after - now < _SOON:
        why = f"it is valid until {certificate.not_after:%-d %B %Y}"
        yield Decision(f"Renew the certificate of {tls.service}", why, "It has to last until the last pass.")


def _uidl(seen: UidlSeen | None) -> Iterable[Decision]:
    """POP3 clients that leave mail on the server know it by its unique-ids, and by nothing else."""
    title = "Let POP3 clients know their mail again"
    if seen is None:
        return
    if seen.trouble:
        why = f"how the old server makes unique-ids (UIDL) could not be seen: {seen.trouble}"
        how = (
            "Log in to its POP3 as somebody, ask UIDL and compare with the UIDs of that INBOX by IMAP; where clients "
            "leave mail on the server they download it all once more, unless uidl_format of Cyrus makes the same ones."
        )
        yield Decision(title, why, how)
    elif seen.form:
        why = f"the old server's unique-ids (UIDL) are such as {seen.example}, and Cyrus can make the same ones"
        how = (
            f"Set uidl_format: {seen.form} in imapd.conf on the mail store, before anybody fetches mail there by POP3."
        )
        yield Decision(title, why, how)
    else:
        why = f"the old server's unique-ids (UIDL) are such as {seen.example}, and Cyrus cannot make them"
        how = (
            "POP3 clients that leave mail on the server will download all of it once more. Tell their users, or let "
            "them change to IMAP before."
        )
        yield Decision(title, why, how)


def _passwords(passwords: Mapping[tuple[str, str], int]) -> Iterable[Decision]:
    unreadable = sum(number for (kind, _), number in passwords.items() if kind == "unreadable")
    if unreadable:
        how = "Choose for each group: set a new password and tell the person, or leave the account without a login."
        reasons = "; ".join(f"{n:,}: {why}" for (kind, why), n in passwords.items() if kind == "unreadable")
        yield Decision("Decide on passwords that cannot be carried", reasons, how, unreadable)


def _site(counts: Mapping[str, int], seen: Mapping[str, int]) -> Iterable[Decision]:
    if counts.get("over_quota"):
        how = (
            "They get what they use and policy.quota_headroom_bytes on top; raise the headroom, or set other limits on "
            "the source before sterna plan."
        )
        why = "these accounts hold more than their limit"
        yield Decision("Decide on quotas that are exceeded", why, how, counts["over_quota"])
    if counts.get("mailboxes_renamed"):
        why = "these mailboxes get another name, because the target cannot hold theirs"
        how = "Accept the proposed names, or have the mailboxes renamed on the source before the first pass."
        yield Decision("Look at the new names of mailboxes", why, how, counts["mailboxes_renamed"])
    if seen.get("list"):
        why = "these mailing lists are served by the source itself"
        how = "Decide where lists live: rows for Postfix only (mail goes on), or Mailman 3 (people can subscribe)."
        yield Decision("Choose where mailing lists live", why, how, seen["list"])
    if seen.get("rpop"):
        why = "these outside accounts are polled by the source"
        how = "Stop polling on the source before getmail begins, so that nothing is fetched twice."
        yield Decision("Say when polling moves", why, how, seen["rpop"])
    if counts.get("without_login"):
        why = "these accounts may not log in on the source"
        how = "They are made without a login and still take mail; say which are not wanted any more."
        yield Decision("Decide on accounts without a login", why, how, counts["without_login"])
    if counts.get("unread_accounts"):
        why = "the mailboxes of these accounts could not be read at all"
        yield Decision(
            "Open the accounts that cannot be read", why, "The loss report says why.", counts["unread_accounts"]
        )
