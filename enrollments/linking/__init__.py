"""The end user's own way into programs: devices linked by OAuth on web pages, and consent given there (§11.8)."""
