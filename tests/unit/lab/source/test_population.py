"""What the lab's old server is promised to hold, checked on the data before anything is written."""

from __future__ import annotations

from collections import Counter

from sterna.lab.source.defaults import SERVER_ACCOUNT_DEFAULTS
from sterna.lab.source.passwords import Form
from sterna.lab.source.population import ADMIN, ALIAS_DOMAIN, population
from sterna.model.address import Address

SITE = population()
PEOPLE = {person.address: person for person in SITE.people}
NAMES = {box.name for person in SITE.people for box in person.mailboxes}


def test_there_are_two_domains_and_an_alias_of_the_main_one():
    assert [domain.name for domain in SITE.domains] == ["lab.example", "fjord.example"]
    assert SITE.domains[0].aliases == (ALIAS_DOMAIN,)


def test_there_are_at_least_25_accounts_in_both_domains_and_one_local_part_in_both():
    assert len(PEOPLE) == len(SITE.people) >= 25
    by_domain = {
        domain.name: {person.local for person in SITE.people if person.domain == domain.name} for domain in SITE.domains
    }
    assert "anna" in by_domain["lab.example"] & by_domain["fjord.example"]
    assert ADMIN in PEOPLE


def test_no_name_is_taken_twice_in_a_domain():
    names = [person.address for person in SITE.people]
    names += [f"{alias}@{person.domain}" for person in SITE.people for alias in person.aliases]
    names += [*SITE.forwarders]
    names += [f"{group.name}@{group.domain}" for group in SITE.groups]
    names += [f"{each.name}@{each.domain}" for each in SITE.lists]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert [str(Address.parse(name)) for name in names] == names


def test_rene_is_as_the_article_printed_him():
    rene = PEOPLE["rene.pfeiffer@lab.example"]
    assert rene.real_name == "René Pfeiffer"
    assert rene.aliases == ("r.pfeiffer", "rpfeiffer", "lynx")
    assert {"DefaultMailboxType", "MaxAccountSize", "MaxWebSize", "RPOPAllowed"} < set(rene.settings)
    assert rene.settings["ExternalINBOX"] == "NO"
    (vacation,) = rene.rules
    assert isinstance(vacation, tuple)
    assert vacation[:2] == ("0", "#Vacation")
    assert "^S\nIn-Reply-To: ^I\n\n" in vacation[3][0][1]  # type: ignore[index, operator]


def test_every_form_of_password_occurs_and_one_has_every_awkward_character():
    assert {person.password.form for person in SITE.people} == set(Form)
    texts = "".join(person.password.text for person in SITE.people)
    assert set('"\\ {}()=;%ü') < set(texts)


def test_a_password_that_mail_clients_log_in_with_is_ascii_because_login_commands_are():
    """RFC 3501 section 6.2.3; others can only be sent by AUTHENTICATE, which Python's imaplib does not do by itself."""
    for person in SITE.people:
        if person.may_log_in and person.password.known is not None:
            assert person.password.text.isascii(), person.address


def test_quotas_are_inherited_from_the_domain_and_from_the_server():
    explicit = {person.address for person in SITE.people if "MaxAccountSize" in person.settings}
    assert explicit
    assert set(PEOPLE) - explicit
    defaults = SITE.domains[1].account_defaults["MaxAccountSize"]
    assert defaults != SERVER_ACCOUNT_DEFAULTS["MaxAccountSize"]
    assert [person.local for person in SITE.people if person.almost_full] == ["fritz"]


def test_mailbox_names_have_everything_that_makes_names_hard():
    texts = ["/".join(name) for name in NAMES]
    for character in ".^&%ü受\"\\ ()'":
        assert any(character in text for text in texts), character
    assert max(map(len, NAMES)) == 8
    assert {("Sent",), ("sent",)} <= NAMES
    assert any(name[0] == "INBOX" and len(name) == 2 for name in NAMES)


def test_there_are_empty_mailboxes_an_account_without_mail_and_subscriptions_that_do_not_match():
    assert all(box.share == 0 for box in PEOPLE["neu@lab.example"].mailboxes)
    assert any(box.share == 0 for box in PEOPLE["gudrun.moeller@lab.example"].mailboxes)
    for person in SITE.people:
        names = {box.name for box in person.mailboxes}
        assert not names & set(person.gone)
        assert names >= set(person.unsubscribed)
    assert any(person.gone for person in SITE.people)
    assert any(person.unsubscribed for person in SITE.people)


def test_lists_have_subscribers_in_every_mode_and_posting_state():
    rows = [row for each in SITE.lists for row in each.subscribers]
    assert {row.mode for row in rows} >= {"feed", "digest", "index", "null", "banned", "subscribe", "unsubscribe"}
    assert {row.posts for row in rows} >= {"special", "moderateAll", "prohibited", ("3",), 41}
    assert {each.domain for each in SITE.lists} == {"lab.example", "fjord.example"}


def test_forwarders_lead_inside_and_outside():
    domains = {domain.name for domain in SITE.domains}
    targets = {target.rpartition("@")[2] in domains for target in SITE.forwarders.values()}
    assert targets == {True, False}
    assert SITE.forwarders["sales@lab.example"] in PEOPLE


def test_redirects_exist_with_and_without_a_copy():
    copies = set()
    for person in SITE.people:
        for rule in person.rules:
            if not isinstance(rule, tuple):
                continue
            if rule[1] == "#Redirect" and rule[3][0][0] == "Mirror to":  # type: ignore[index]
                copies.add(("Discard", "---") not in rule[3])  # type: ignore[operator]
    assert copies == {True, False}
