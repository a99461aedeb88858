"""What somebody has to decide, from what was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sterna.migration.survey.decisions import Grounds, decisions
from sterna.migration.survey.probes.seen import AccessSeen, Probed, UidlSeen, Works
from tests.unit.survey.samples import ENDED, PROBED

NOTHING = Grounds(counts={}, seen={}, passwords={}, probed=Probed(), access="tilde", now=ENDED)
TILDE, AUTHORIZE = PROBED.access


def titles(grounds: Grounds) -> list[str]:
    return [each.title for each in decisions(grounds)]


def test_where_nothing_was_seen_there_is_nothing_to_decide() -> None:
    assert titles(NOTHING) == []


def test_a_way_that_works_and_is_declared_is_no_decision() -> None:
    assert titles(replace(NOTHING, probed=Probed(access=(TILDE, AUTHORIZE)))) == []


def test_a_declared_way_that_does_not_work_is_to_be_replaced_by_one_that_does() -> None:
    (found,) = decisions(replace(NOTHING, probed=Probed(access=(TILDE, AUTHORIZE)), access="authorize"))
    assert found.title == "Choose how mail is read"
    assert 'access = "tilde"' in found.how


def test_passwords_alone_are_no_way_that_the_site_file_could_declare() -> None:
    own = AccessSeen("each user's own password", "", Works.YES, 1, "with anna@lab.example")
    (found,) = decisions(replace(NOTHING, probed=Probed(access=(replace(TILDE, works=Works.NO), AUTHORIZE, own))))
    assert found.title == "Open a way to read everybody's mail"


def test_a_certificate_is_to_be_trusted_or_renewed() -> None:
    (tls,) = PROBED.tls
    assert tls.certificate is not None
    verified = replace(tls.certificate, distrust="")
    trusted = replace(tls, certificate=verified)
    lasting = replace(tls, certificate=replace(verified, not_after=ENDED + timedelta(days=400)))
    clear = replace(lasting, mode="none", certificate=None)
    found = [titles(replace(NOTHING, probed=Probed(tls=(each,)))) for each in (tls, trusted, lasting, clear)]
    where = "source.imap (old.example:143)"
    assert found == [
        [f"Trust the certificate of {where}"],
        [f"Renew the certificate of {where}"],
        [],
        [f"Protect {where}"],
    ]


def test_what_cannot_move_by_itself_is_a_decision_with_its_number() -> None:
    grounds = replace(
        NOTHING,
        counts={"over_quota": 1, "mailboxes_renamed": 2, "without_login": 3, "unread_accounts": 4},
        seen={"list": 5, "rpop": 6},
        passwords={("unreadable", "its cipher"): 7, ("unreadable", "not UTF-8"): 1, ("clear", ""): 9},
    )
    assert sorted(each.number or 0 for each in decisions(grounds)) == [1, 2, 3, 4, 5, 6, 8]


def test_unique_ids_of_pop3_say_how_the_mail_store_is_to_be_set_or_whom_to_warn() -> None:
    cases = {
        UidlSeen("dovecot", "000000074f2e1a00", 7, "anna@lab.example"): "uidl_format: dovecot",
        UidlSeen("", "GmailId123", 7, "anna@lab.example"): "once more",
        UidlSeen(trouble="the CLI tells no password"): "ask UIDL",
    }
    for seen, said in cases.items():
        (found,) = decisions(replace(NOTHING, probed=Probed(uidl=seen)))
        assert found.title == "Let POP3 clients know their mail again"
        assert said in found.how
        assert (seen.example or seen.trouble) in found.why
