"""A partner, a program or a portfolio ends: whom it reaches is foreseen, and what is under way stops at once."""
