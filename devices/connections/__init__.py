"""Grants at OEM clouds: given, kept fresh, and given up. Nobody's password is among them, ever (§3)."""
