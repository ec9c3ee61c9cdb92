"""Dispatch events: a program's call to many devices at once, from preview to settlement (§5, issue of control)."""
