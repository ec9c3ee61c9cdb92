"""Partner-led integrations (§2.2): the partner's cloud tells by itself.

Either it calls the portal (`POST /v1/telemetry`: nothing is to be set up here), or it has a stream of server-sent
events, and a document says what is in them. Pure, here: `documents`, `events` and `messages`. `streams` are the rows,
`following` is what reads one; `manage.py follow_stream` reads all of them.
"""
