"""`python -m cairn` is the command `cairn`."""

from cairn.ui.cli import main

main()
