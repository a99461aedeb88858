"""A target that is only known to speak IMAP, in the site file."""

from __future__ import annotations

import pytest

from sterna.site.declaration import Access, WithoutUids
from sterna.site.errors import SiteFileError
from sterna.site.load import load_site

HEAD = 'name = "x"\n[source]\nproduct = "imap"\naccounts = "people.csv"\n[source.imap]\n'
HERE = 'host = "old"\nport = 143\nuser = "admin"\npassword_file = "secret"\naccess = "authorize"\n'
TARGET = '[target]\nproduct = "imap"\n'
MAIL = '[target.mail]\nhost = "new"\nport = 143\n'
ADMIN = 'user = "admin"\npassword_file = "secret"\n'


def loaded(tmp_path, text: str):
    path = tmp_path / "site.toml"
    path.write_text(HEAD + HERE + text)
    return load_site(path)


def test_it_needs_neither_directory_nor_cyrus(tmp_path):
    site = loaded(tmp_path, f'{TARGET}{MAIL}{ADMIN}access = "master"\nconnections = 7\n')
    assert site.target.mail is not None
    assert (site.target.mail.access, site.target.connections) == (Access.MASTER, 7)
    assert site.target.mail.password_file == tmp_path / "secret"
    assert site.policy.without_uids is WithoutUids.REFUSE


WRONG = {
    "no table": (TARGET, 'with product = "imap" the table target.mail must be there'),
    "tilde": (f"{TARGET}{MAIL}{ADMIN}", 'target.mail needs access = "authorize", "master" or "password"'),
    "no accounts": (f'{TARGET}{MAIL}access = "password"\n', "needs accounts, the file that lists them"),
    "the platform's tables are missing": ("[target]\n", "the table target.directory must be there"),
    "mail beside Cyrus": (
        (
            f'[target]\n{MAIL}{ADMIN}access = "master"\n[target.directory]\nuri = "ldap://x"\nsuffix = "dc=x"\n'
            'bind_dn = "cn=x"\npassword_file = "secret"\n'
            f'[target.imap]\nhost = "new"\nport = 143\n{ADMIN}'
        ),
        'the table target.mail belongs to product = "imap"',
    ),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_together_is_said_in_a_line(tmp_path, text, said):
    with pytest.raises(SiteFileError) as caught:
        loaded(tmp_path, text)
    assert said in str(caught.value)
