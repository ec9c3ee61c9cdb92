"""A simulated OEM cloud: a server of its own that knows nothing of the portal; API.md says what it speaks."""
