"""Portfolios: filled, emptied, and access to all that is in one given up."""
