"""How the cloud grants access: OAuth 2.0 with PKCE, rotating refresh tokens, client credentials, and API keys."""
