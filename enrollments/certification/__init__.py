"""Certification put together: what clouds are held against, and what is about enrollments, events and consent (§12)."""
