"""`python -m sterna` is the command `sterna`."""

from sterna.cli.main import main

main()
