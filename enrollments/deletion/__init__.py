"""A person's data deleted (§9, GDPR article 17, CCPA): asked for, carried out, proved, and forgotten in the end.

What each field of the portal is to a person stands in `classes`, and where a person's traces are in `traces`: a field
that is in neither fails a test.
"""
