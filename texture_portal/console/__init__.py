"""What every admin page shares: rows that are only read, pages that show one thing whole, verbs behind buttons."""
