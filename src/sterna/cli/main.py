"""The command ``sterna``: its verbs, and how every run of it ends."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from sterna.cli import apply, copy, demo, exits, export, lab, lists, pass_, plan, sample, show, status, survey, verify
from sterna.cli.options import Shared
from sterna.errors import SternaError

app = typer.Typer(
    name="sterna",
    help="Move a whole mail platform from CommuniGate Pro to Postfix, Cyrus IMAP and OpenLDAP, and prove every message "
    "equal.",
    epilog="Every verb is safe to repeat and explains itself: sterna VERB --help. See all of them at work: sterna demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _verb(function: Callable[..., int], short_help: str, example: str) -> None:
    """Add a verb: its help is the function's docstring, its name the function's."""
    app.command(short_help=short_help, epilog=f"Example: {example}")(function)


_verb(survey.survey, "What is on the old server, and what cannot move.", "sterna survey --json > survey.json")
_verb(plan.plan, "What would change on the new platform.", "sterna plan --json > plan.json")
_verb(apply.apply, "Carry the plan out: accounts, aliases, forwards, quotas.", "sterna apply --plan plan.json")
_verb(copy.copy, "Copy all mail; run again for what is new.", "sterna copy anna@lab.example")
_verb(status.status, "Where the pass is, and what could not be moved.", "sterna status --failed")
_verb(verify.verify, "Compare everything, and write the report.", "sterna verify && echo all is equal")
_verb(demo.demo, "All of the above on a lab, in one go.", "sterna demo --keep")
_verb(sample.sample, "An anonymised file of the old server's answers.", "sterna sample --out sample.txt")
app.add_typer(pass_.app, short_help="Order a pass about while it runs.")
app.add_typer(export.app, short_help="Files for programs beside the new platform.")
app.add_typer(lists.app, short_help="Mailing lists in Mailman.")
app.add_typer(lab.app, short_help="An old server and a new platform in one folder.")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        show.show_text(f"sterna {version('sterna')}")
        raise typer.Exit


@app.callback()
def shared_options(
    context: typer.Context,
    site: Annotated[
        Path | None, typer.Option("--site", metavar="FILE", help="The site file; without it, ./sterna.toml.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")] = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Keep what was given before the verb for the verb."""
    del version  # its callback has answered
    context.obj = Shared(site=site, as_json=as_json)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code.

    Whatever is not a `SternaError` is a bug; it is not caught, so that its traceback is seen and can be reported.
    """
    try:
        ended = app(args=list(arguments), prog_name="sterna", standalone_mode=False)
    except TyperException as error:
        return _usage(error, arguments)
    except typer.Abort:  # the end of the input, where a question was asked
        return _interrupted(arguments)
    except SternaError as error:
        return _failed([error], arguments)
    except BaseExceptionGroup as group:
        # What a TaskGroup raises; it is expected only when every part of it is.
        expected, rest = group.split(SternaError)
        if rest is not None or expected is None:
            raise
        return _failed(_leaves(expected), arguments)
    if ended == exits.INTERRUPTED:  # what typer makes of a KeyboardInterrupt
        return _interrupted(arguments)
    return ended if isinstance(ended, int) else 0


def main() -> None:
    """Entry point of the installed command; SIGTERM ends it as Ctrl-C does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A pass makes millions of small values that hold no circles; looking for some took a twentieth of its time.
    gc.set_threshold(100_000, 20, 20)
    sys.exit(run(sys.argv[1:]))


def _interrupted(arguments: Sequence[str]) -> int:
    text = "interrupted; nothing is lost, and the same command goes on from here"
    show.show_note(f"sterna: {text}")
    _say_as_json(arguments, exits.INTERRUPTED, "Interrupted", text)
    return exits.INTERRUPTED


def _say_as_json(arguments: Sequence[str], code: int, kind: str, text: str) -> None:
    if "--json" in arguments:
        show.show_json(
            {"errors": [{"kind": kind, "message": text, "scope": "run", "retry": "never", "exit_code": code}]}
        )


def _usage(error: TyperException, arguments: Sequence[str]) -> int:
    text = error.format_message()
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError" or not text:
        show.show_note(text or (context.get_help() if context else ""))
    else:
        command = context.command_path if context else "sterna"
        show.show_note(f"sterna: {text.rstrip('.')}; see {command} --help")
        _say_as_json(arguments, exits.USAGE, "Usage", text)
    return exits.USAGE


def _failed(errors: Sequence[SternaError], arguments: Sequence[str]) -> int:
    for error in errors:
        show.show_error(error)
    if "--json" in arguments:
        show.show_json({"errors": [show.error_as_json(error) for error in errors]})
    return errors[0].exit_code


def _leaves(group: BaseExceptionGroup[SternaError]) -> list[SternaError]:
    found: list[SternaError] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
