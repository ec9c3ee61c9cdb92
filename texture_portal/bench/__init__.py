"""Measurements, each against something bare that is measured in the same run: ratios outlive machines."""
