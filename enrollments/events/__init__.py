"""Lifecycle events (§11.6): the inbox, and one module for what each type does."""
