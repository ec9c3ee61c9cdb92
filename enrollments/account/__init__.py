"""My devices: what an end user sees of their own, and what they may do with it."""
