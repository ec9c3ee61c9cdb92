"""The page on which an end user says yes or no; it needs no JavaScript."""

from collections.abc import Mapping
from html import escape

ASKED = ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")
MEANING = {
    "devices.read": "see which devices you have",
    "telemetry.read": "read what they measure",
    "commands.write": "send them commands",
    "offline_access": "do so until you take it back",
}
STYLE = """
body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
label{display:block;margin:.75rem 0}input{font:inherit;width:100%;padding:.5rem;box-sizing:border-box}
button{font:inherit;padding:.6rem 1.2rem;margin:.5rem .5rem 0 0}.fault{color:#a11}
"""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def consent_page(asked: Mapping[str, str], *, client: str, scopes: tuple[str, ...], fault: str = "") -> str:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in ASKED if name in asked
    )
    told = "".join(f"<li>{MEANING[scope]}</li>" for scope in scopes)
    wrong = f'<p class="fault" role="alert">{escape(fault)}</p>' if fault else ""
    return _page(
        "Give access to your devices",
        f"<p><strong>{escape(client)}</strong> would like to</p><ul>{told}</ul>{wrong}"
        f'<form method="post" action="/oauth/authorize">{hidden}'
        '<label>Account<input name="account" autocomplete="username" placeholder="resident-1"></label>'
        '<label>Password<input name="password" type="password" autocomplete="current-password"></label>'
        '<button name="decision" value="allow">Allow</button>'
        '<button name="decision" value="deny" formnovalidate>Deny</button></form>',
    )


def fault_page(message: str) -> str:
    return _page("This request cannot be served", f'<p class="fault" role="alert">{escape(message)}</p>')


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><h1>Simulated Energy</h1><h2>{title}</h2>{body}</body></html>"
    )
