"""Sources of evidence, each a module of its own: a new one is one new module, named in `sources.SOURCES`.

A source reads what it needs when the snapshot is loaded, and then testifies from memory, without a clock or a database.
"""
