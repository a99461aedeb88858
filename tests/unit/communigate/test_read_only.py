"""Nothing in this package can change the source."""

import ast
import re
from pathlib import Path

import pytest

import sterna.communigate
from sterna.communigate.commands import Command, ReadCommand
from sterna.communigate.conversation import Conversation

PACKAGE = Path(sterna.communigate.__file__).parent

READING = re.compile(r"(GET|LIST|READ)[A-Z]+|MAINDOMAINNAME|NOOP")
"""How the words of commands begin that only read. ``LIST`` alone changes a subscription and is none of them."""

WRITING = re.compile(
    r"\b(CREATE|SET|UPDATE|DELETE|RENAME|REMOVE|INSERT|POST|KILL|SUSPEND|RESUME|RELEASE|BLESS|RELOAD|WRITE|RESET|"
    r"STORE|REJECT|CLEAR|CLOSE|NEWPASS|DATASET|ROSTER|BALANCE|TEMPBLACKLISTIP|PROXY|SHUTDOWN|STARTTRACE|WEBUSER)"
    r"[A-Z]*\b"
)
"""The words of the CLI chapter of CommuniGate's manual that change something, in capitals as commands are written."""


def test_every_word_that_can_be_sent_is_a_reading_one():
    assert [word for word in ReadCommand if not READING.fullmatch(word)] == []


def test_a_command_cannot_be_made_of_another_word():
    with pytest.raises(ValueError, match="DELETEACCOUNT"):
        Command("DELETEACCOUNT").line()  # type: ignore[arg-type]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_text_in_the_package_begins_with_a_writing_word(path):
    texts = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
    assert [text for text in texts if isinstance(text, str) and WRITING.match(text)] == []


def test_only_the_session_itself_says_words_that_are_no_read_command():
    source = (PACKAGE / "conversation.py").read_text()
    said = set(re.findall(r"_say\([^\"]*f?\"([A-Z]+)", source))
    assert said == {"APOP", "USER", "PASS", "INLINE", "QUIT"}


def test_a_conversation_takes_nothing_but_commands_and_a_login():
    public = {name for name in vars(Conversation) if not name.startswith("_")}
    assert public == {"bytes_to_send", "in_reply", "leave", "login", "receive", "submit"}


def test_every_word_that_can_be_sent_is_asked_somewhere():
    asked = "".join(path.read_text() for path in PACKAGE.glob("*.py") if path.name != "commands.py")
    assert [word for word in ReadCommand if word not in asked] == []


CONNECTED = {"connection.py", "connection_errors.py", "pool.py", "cross_reading.py", "ldap.py", "tree"}
"""The modules and packages that may do I/O or know of asyncio."""


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_connections_and_files_do_input_and_output(path):
    imported = re.findall(r"^(?:from|import) (\w+)", path.read_text(), re.MULTILINE)
    allowed = path.relative_to(PACKAGE).parts[0] in CONNECTED
    assert allowed or not {"asyncio", "os", "socket", "ssl", "time", "pathlib"} & set(imported)
