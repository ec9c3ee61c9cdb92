"""Readings: taken, kept by day, rolled up, and given again (contract §5)."""
