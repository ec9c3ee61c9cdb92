"""Grants and their tokens. A refresh token is good once: seen again, its grant is over for thief and owner alike."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

CODE_SECONDS = 60


class GrantError(Exception):
    """`code` is the error of RFC 6749 §5.2."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code


@dataclass(slots=True, eq=False)
class Grant:
    """Access given to a client by an account (end user), by a program, or (neither) to the whole fleet."""

    client_id: str
    scopes: tuple[str, ...]
    account: str | None = None
    program: str | None = None
    is_over: bool = False


@dataclass(slots=True, eq=False)
class Code:
    grant: Grant
    redirect_uri: str
    challenge: str
    expires_at: float
    is_used: bool = False


@dataclass(slots=True, eq=False)
class Token:
    grant: Grant
    expires_at: float
    is_used: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    access: str
    refresh: str | None
    expires_in: int
    scopes: tuple[str, ...]


@dataclass(slots=True)
class Grants:
    access_seconds: int = 3600
    refresh_seconds: int = 180 * 86_400
    codes: dict[str, Code] = field(default_factory=dict)
    accesses: dict[str, Token] = field(default_factory=dict)
    refreshes: dict[str, Token] = field(default_factory=dict)
    reuses: int = 0
    refreshed: int = 0

    def code_for(self, grant: Grant, *, redirect_uri: str, challenge: str, now: float) -> str:
        code = secrets.token_urlsafe(32)
        self.codes[code] = Code(grant, redirect_uri, challenge, now + CODE_SECONDS)
        return code

    def account_of(self, code: str) -> str | None:
        found = self.codes.get(code)
        return found.grant.account if found else None

    def redeem(self, code: str, *, client_id: str, redirect_uri: str, verifier: str, now: float) -> Pair:
        found = self.codes.get(code)
        if found is None or found.grant.client_id != client_id or found.expires_at <= now:
            raise GrantError("invalid_grant", "The code is unknown, expired or another client's.")
        if found.is_used:
            found.grant.is_over = True  # RFC 6749 §4.1.2: somebody else has it too
            raise GrantError("invalid_grant", "The code was used before; its tokens are revoked.")
        if found.redirect_uri != redirect_uri:
            raise GrantError("invalid_grant", "redirect_uri is not the one that the code was asked for.")
        if not hmac.compare_digest(_challenge(verifier), found.challenge):
            raise GrantError("invalid_grant", "code_verifier does not fit the code_challenge.")
        found.is_used = True
        return self.issue(found.grant, now=now, refreshable="offline_access" in found.grant.scopes)

    def refresh(self, token: str, *, client_id: str, scopes: Iterable[str], now: float) -> Pair:
        found = self.refreshes.get(token)
        if found is None or found.grant.client_id != client_id or found.grant.is_over or found.expires_at <= now:
            raise GrantError("invalid_grant", "The refresh token is unknown, expired or revoked.")
        if found.is_used:
            self.reuses += 1
            found.grant.is_over = True
            raise GrantError("invalid_grant", "The refresh token was used before; its grant is revoked.")
        if not set(scopes) <= set(found.grant.scopes):
            raise GrantError("invalid_scope", "More is asked than was granted.")
        found.is_used = True
        self.refreshed += 1
        return self.issue(found.grant, now=now, refreshable=True)

    def issue(self, grant: Grant, *, now: float, refreshable: bool) -> Pair:
        access = secrets.token_urlsafe(32)
        self.accesses[access] = Token(grant, now + self.access_seconds)
        refresh = secrets.token_urlsafe(32) if refreshable else None
        if refresh is not None:
            self.refreshes[refresh] = Token(grant, now + self.refresh_seconds)
        return Pair(access, refresh, self.access_seconds, grant.scopes)

    def grant_of(self, access: str, *, now: float) -> Grant | None:
        token = self.accesses.get(access)
        return token.grant if token and token.expires_at > now and not token.grant.is_over else None

    def revoke(self, token: str, *, client_id: str) -> None:
        """RFC 7009: a refresh token takes its grant with it, an access token only itself; another's stays."""
        for kind in (self.refreshes, self.accesses):
            found = kind.get(token)
            if found and found.grant.client_id == client_id:
                found.grant.is_over = found.grant.is_over or kind is self.refreshes
                kind.pop(token)

    def revoke_account(self, account: str) -> int:
        """The end user takes everything back."""
        grants = {token.grant for token in (*self.accesses.values(), *self.refreshes.values())}
        ended = [grant for grant in grants if grant.account == account and not grant.is_over]
        for grant in ended:
            grant.is_over = True
        return len(ended)

    def lose(self, *, refresh: bool) -> int:
        """The cloud forgets its tokens, as after a bad deployment."""
        lost = len(self.accesses) + (len(self.refreshes) if refresh else 0)
        self.accesses.clear()
        if refresh:
            self.refreshes.clear()
        return lost


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
