"""The simulated OEM's cloud as the portal keeps one: where it is, how it is opened, by which document it is asked."""

from devices.connectors.pull import shipped
from devices.models import Cloud

SCOPES = ["devices.read", "telemetry.read", "commands.write", "offline_access"]


def describe(cloud: Cloud, url: str, *, client_id: str, client_secret: str) -> Cloud:
    """Not saved yet. Said of one that is there: it began anew, with another secret or somewhere else."""
    cloud.base_url = cloud.issuer = url
    cloud.authorize_url, cloud.token_url = f"{url}/oauth/authorize", f"{url}/oauth/token"
    cloud.revoke_url, cloud.scopes, cloud.client_id = f"{url}/oauth/revoke", SCOPES, client_id
    cloud.document = shipped.document("simulated")
    cloud.set_client_secret(client_secret)
    return cloud
