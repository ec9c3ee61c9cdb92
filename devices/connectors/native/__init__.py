"""Readings that stream in by MQTT: of partners' clouds, and of devices that report to us themselves (§2.3, §4.1)."""
