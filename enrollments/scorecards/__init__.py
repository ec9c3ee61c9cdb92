"""Scorecards (§7): what partners' clouds and their own requests have been like, by month, and never by a test call."""
