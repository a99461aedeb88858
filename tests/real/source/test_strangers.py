"""The stand-in satisfies clients as they are in the field, each with its own way of reading replies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest

from sterna.communigate.dataformat import read
from sterna.communigate.syntax import Form
from sterna.communigate.values import Value
from sterna.lab.source import SourceOptions, Switches
from sterna.lab.source.cliprocess import SWITCHES
from sterna.lab.source.population import ADMIN, population
from tests.real.source.conftest import OldServer
from tests.real.source.strangers import IDLE_S, ByteWise, Careful, OneGulp, OneLine, Stranger

pytestmark = pytest.mark.real

QUESTIONS = (
    "LISTDOMAINS",
    "MAINDOMAINNAME",
    "ListAccounts fjord.example",
    "GetAccountAliases rene.pfeiffer",
    "GetAccountSettings regina@lab.example",
    "GETACCOUNTEFFECTIVESETTINGS klasse",
    "GetAccountMailRules frieda",
    "GetAccountRPOPs otto",
    "GetAccountInfo alles.gesetzt Key LastLogin",
    'GetAccountInfo alles.gesetzt ("LastLogin",Telnums)',
    "GetAccountPlainPassword karl",
    'ListMailboxes anna FILTER "*"',
    'GETMAILBOXACL teilhaber MAILBOX "Gruppe"',
    "GETMAILBOXRIGHTS teilhaber MAILBOX Gruppe AUTH bernd",
    "GetMailboxSubscription teilhaber",
    "GetGroup luecken@lab.example",
    'FindForwarders lab.example TO "anna@lab.example"',
    "GetList seglerinnen",
    'ListSubscribers seglerinnen FILTER "" 3',
    "GetSubscriberInfo seglerinnen NAME ida@outside.example",
    "READSUBSCRIBERS ankuendigungen",
    'ListStorageFiles otto PATH "private/rpopids"',
    "Dataset rolf.tat {subsetName=Bekannte;what=listEntries;}",
    "GetRouterTable",
    "Route lynx@lab.example mail",
    "GetModule SMTP",
    'ListDomainObjects lab.example 20 ACCOUNTS ALIASES FORWARDERS COOKIE ""',
    "GetDomainMailRules fjord.example",
)
"""Commands as those programs write them."""


def answers(client: Stranger, questions: tuple[str, ...] = QUESTIONS) -> dict[str, Value]:
    """Ask everything, and read what comes."""
    found = {}
    with closing(client):
        for question in questions:
            code, text = client.ask(question)
            assert code in (200, 201), (question, code, text)
            found[question] = read(text.encode(), form=Form.FILE)
    return found


def password() -> str:
    return population().person(ADMIN).password.text


def test_all_of_them_hear_the_same_inline_or_not_by_apop_or_in_clear(old_server: OldServer):
    port = old_server.ports.cli
    wanted = answers(Careful(port, ADMIN, password(), lambda: 0.0))
    assert len(wanted) == len(QUESTIONS)
    assert answers(Careful(port, ADMIN, password(), lambda: 0.0, apop=False)) == wanted
    assert answers(OneLine(port, ADMIN, password())) == wanted
    assert answers(ByteWise(port, ADMIN, password())) == wanted
    short = tuple(question for question in QUESTIONS if len(str(wanted[question])) < 1000)
    assert answers(OneGulp(port, ADMIN, password()), short) == {question: wanted[question] for question in short}
    for habits in (Switches(inline_refused=True), Switches(old_greeting=True, greeting_without_stamp=True)):
        habits.save(old_server.folder / SWITCHES)
        assert answers(Careful(port, ADMIN, password(), lambda: 0.0)) == wanted, habits


def test_errors_have_the_codes_that_they_look_for(old_server: OldServer):
    for kind in (OneLine, ByteWise, OneGulp):
        with closing(kind(old_server.ports.cli, ADMIN, password())) as client:
            codes = [
                client.ask(command)[0]
                for command in (
                    "GetAccountSettings nobody",
                    "GetAccountSettings a@nowhere.example",
                    "VerifyAccountPassword karl PASSWORD wrong",
                    'VerifyAccountPassword karl PASSWORD "umkehrbar"',
                    "Frobnicate",
                    "DeleteAccount anna",
                )
            ]
        assert codes == [513, 512, 515, 200, 500, 501], kind


def test_a_client_that_was_idle_connects_anew_and_goes_on(old_server: OldServer):
    time = [0.0]
    with closing(Careful(old_server.ports.cli, ADMIN, password(), lambda: time[0])) as client:
        assert client.ask("NOOP")[0] == 200
        time[0] += IDLE_S - 1
        assert client.ask("NOOP")[0] == 200
        assert client.connections == 1
        time[0] += IDLE_S + 1
        assert client.ask("MAINDOMAINNAME") == (201, '"lab.example"')
        assert client.connections == 2


def test_other_spellings_are_read_by_a_careful_client_too(start_old_server: Callable[[SourceOptions], OldServer]):
    server = start_old_server(SourceOptions(messages=10))
    wanted = answers(Careful(server.ports.cli, ADMIN, password(), lambda: 0.0))
    for habits in (
        Switches(wide_atoms=True, bare_newlines=True),
        Switches(wrapped_strings=True, inline_refused=True),
    ):
        habits.save(server.folder / SWITCHES)
        assert answers(Careful(server.ports.cli, ADMIN, password(), lambda: 0.0)) == wanted, habits
