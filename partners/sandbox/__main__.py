"""`python -m partners.sandbox --devices N --port P`."""

from partners.sandbox.command_line import main

main()
