"""Nothing secret and nobody's data in the logs, whoever writes a line: ours, a library's, Python's own.

What looks like a secret or a person is blotted out. It is the last net, not the first rule: no line of ours puts such
things in, and of exceptions and requests `texture_portal.log_forms` tells kinds and routes alone.
"""

import logging
import re

BLOT = "…"
NAMES = (
    r"access_?token|refresh_?token|id_?token|client_?secret|secret(?:_?base64)?|password|passwd|api_?key|private_?key\w*|"
    r"authorization|cookie|set-cookie|sessionid|csrf\w*|signature|token|data_?keys|secret_?key|checkpoint_?key"
)
# Each with what is put in its place.
RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), BLOT),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {BLOT}"),
    (re.compile(r"\bwhsec_[\w+/=-]+"), f"whsec_{BLOT}"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), BLOT),  # a JSON web token
    (
        re.compile(r"(?i)\b(" + NAMES + r")(\\?[\"']?\s*[=:]\s*)(?!\s)(\\?[\"'][^\"']*[\"']?|[^\s,;&\"'})\]]+)"),
        rf"\1\2{BLOT}",
    ),
    (re.compile(r"(?i)\b(data_?keys|checkpoint_?keys?|secret_?key\w*)(\s*[=:]\s*)\S+"), rf"\1\2{BLOT}"),  # are lists
    (re.compile(r"(\w+://)[^\s/@]+@"), rf"\1{BLOT}@"),  # who logs in at an address
    (re.compile(r"(/account/in/)[^/\s]+"), rf"\1{BLOT}"),  # good once, and for whoever has it
    (re.compile(r"(/link/s/[0-9a-f-]{36}/)[^/\s]+"), rf"\1{BLOT}"),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), BLOT),  # an e-mail address
    (re.compile(r"(?<=[\w/-])\?[^\s\"']*[=&][^\s\"']*"), f"?{BLOT}"),  # what a query asks for may be a person
)


def scrubbed(text: str) -> str:
    for pattern, instead in RULES:
        text = pattern.sub(instead, text)
    return text


class Scrubber(logging.Filter):
    """On the handler, so that no logger is past it. It never drops a line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = scrubbed(_written(record)), None
        if record.stack_info:
            record.stack_info = scrubbed(record.stack_info)
        return True


def _written(record: logging.LogRecord) -> str:
    """A line whose arguments do not fit is a fault of ours, and no reason to say what was in them."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return str(record.msg)
