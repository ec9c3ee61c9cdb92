"""Whether a partner's cloud meets the requirements (§12): each is a YAML document, and nothing else names it.

`steps` are the closed list of what can be done to find out; `criteria` the closed list of what can be held against what
was found. A requirement that these can tell of is one more document.
"""
