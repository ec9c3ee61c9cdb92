"""How staff come in: password, second factor, single sign-on; how long they stay; what is written down about it."""
