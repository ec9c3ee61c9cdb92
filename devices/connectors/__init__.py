"""How devices of a partner come in (§2): `pull` asks the partner's cloud, by a document.

Those that tell the portal themselves, and devices that report to it directly, come in through `devices/telemetry`.
"""
