"""Texture-led integrations (§2.1): a document says how an OEM's cloud is asked and what its answers mean.

Pure, here: `form` and `parsing` (what a document may say), `asking` and `paging` (requests), `finding` (devices in an
answer), `observing` (states in an answer). What goes out and is kept is in `devices/polling`.
"""
