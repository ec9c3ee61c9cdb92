"""Public data into rows: each importer takes a file, changes what differs, and says what it did.

They run inside a transaction of the caller's (`territories.management.importing`), after `hold_imports()`.
"""
