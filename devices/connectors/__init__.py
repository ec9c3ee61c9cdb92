"""How devices of a partner come in (§2), one folder for each way; a cloud chooses its own (`registry`).

`pull`: the portal asks the partner's cloud, by a document. `push`: the partner's cloud tells, by a stream that the
portal reads, or by `POST /v1/telemetry`. `native`: devices report to the portal themselves, by MQTT.
"""
