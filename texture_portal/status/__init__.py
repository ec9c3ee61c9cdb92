"""`/status/`, for the public: how each component is, how each was for ninety days, and what is planned (§7.1)."""
