"""`python -m vertelpaal` is the command line."""

from vertelpaal.cli import main

main()
