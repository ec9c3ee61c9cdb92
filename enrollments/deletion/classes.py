"""What each column of words is to a person, table by table. A new column must be declared here, or be one of `traces`.

What is about a person is blanked or deleted (`traces`), sealed under their key and ends with it, or is one of their
device's readings, which they choose about. All else is here, with the reason why it may stay.
"""

from collections.abc import Iterable

from enrollments.deletion.traces import SEARCHES, TRACES
from texture_portal.sealed_columns import UNDER_OTHER_KEYS

STAFF = "of staff or of an administrator, not of an end user"
PARTNER = "a partner's own, or an agreement with it"
CODE = "a code or a name of the portal's own making"
TRIED = "how a partner's sandbox was tried, in which nobody lives"
PRODUCT = "of a kind of device, not of one that somebody has"
PLACE = "of a utility, a territory or a data set"
PROGRAM = "of a program or an event for many"
PROOF = "a digest or a signature over what is sealed or names nobody"
KEY = "a secret of the portal or of a partner, sealed or hashed"
FACT = "a fact of a consent, kept pseudonymously until its time is over, and purged then"
QUEUE = "of a job: no job is given what is personal, and what one raises is kept without its words"
OURS = "how a cloud is asked, by its operator's document"
BY = "a role and a name of staff"
GRANT = "destroyed with the grant"
REGISTRY = "numbers and modes of the registry"
ALL = "*"  # every column of the table

NOT_PERSONAL: dict[str, dict[str, str]] = {
    "admin.LogEntry": {ALL: STAFF},
    "auth.Group": {ALL: STAFF},
    "auth.Permission": {ALL: CODE},
    "auth.User": {ALL: STAFF},
    "axes.AccessAttempt": {ALL: STAFF},
    "axes.AccessFailureLog": {ALL: STAFF},
    "axes.AccessLog": {ALL: STAFF},
    "contenttypes.ContentType": {ALL: CODE},
    "django_q.OrmQ": {ALL: QUEUE},
    "django_q.Schedule": {ALL: QUEUE},
    "django_q.Task": {ALL: QUEUE},
    "oauth2_provider.AccessToken": {ALL: KEY},
    "oauth2_provider.DeviceGrant": {ALL: KEY},
    "oauth2_provider.Grant": {ALL: KEY},
    "oauth2_provider.IDToken": {ALL: KEY},
    "oauth2_provider.RefreshToken": {ALL: KEY},
    "otp_static.StaticDevice": {ALL: STAFF},
    "otp_static.StaticToken": {ALL: STAFF},
    "otp_totp.TOTPDevice": {ALL: STAFF},
    "sessions.Session": {ALL: "ids of the portal's own, signed, for hours; never a name"},
    "texture_portal.Act": {ALL: STAFF},
    "texture_portal.Authenticator": {ALL: STAFF},
    "texture_portal.ComponentSpan": {ALL: CODE},
    "texture_portal.GateBucket": {ALL: "a keyed digest of an address or a name, for as long as a limit counts"},
    "texture_portal.Heartbeat": {ALL: CODE},
    "texture_portal.Identity": {ALL: STAFF},
    "texture_portal.Key": {ALL: PROOF},
    "texture_portal.Look": {ALL: "who of staff looked; what was shown stands there by ids of the portal's own"},
    "texture_portal.SavedFilter": {ALL: "filters of a list, never what was searched for"},
    "texture_portal.StaffSession": {ALL: STAFF},
    "partners.Application": {ALL: PARTNER},
    "partners.Bucket": {ALL: CODE},
    "partners.Certificate": {
        "maker": PARTNER, "maker_key": PARTNER, "requirements": CODE, "issued_by": BY, "reason": PARTNER,
        "withdrawn_by": BY, "withdrawn_reason": PARTNER,
    },
    "partners.Customer": {"sealed_data_key": "the key itself: destroyed"},
    "partners.HistoricalPartner": {ALL: PARTNER},
    "partners.IdempotencyRecord": {"fingerprint": PROOF},
    "partners.Maintenance": {ALL: PARTNER},
    "partners.Partner": {ALL: PARTNER},
    "partners.RefusedRequest": {
        "method": CODE, "path": "a path with ids of the portal's own", "code": CODE, "flag": CODE,
    },
    "partners.SignedRequest": {
        "algorithm": CODE, "public_key_pem": PARTNER, "covered": CODE, "digest": PROOF,
    },
    "partners.SigningKey": {ALL: PARTNER},
    "partners.WebhookAnswer": {"type": CODE},
    "partners.WebhookAttempt": {"outcome": CODE},
    "partners.WebhookDelivery": {ALL: CODE},
    "partners.WebhookEndpoint": {ALL: PARTNER},
    "partners.WebhookMessage": {"type": CODE},
    "partners.WebhookSecret": {ALL: KEY},
    "territories.CountyService": {ALL: PLACE},
    "territories.DataSet": {ALL: PLACE},
    "territories.GeocoderOutage": {ALL: CODE},
    "territories.KnownPlace": {"geocoder": CODE},
    "territories.ServiceTerritory": {ALL: PLACE},
    "territories.Utility": {ALL: PLACE},
    "territories.ZipService": {ALL: PLACE},
    "devices.Allowance": {ALL: CODE},
    "devices.CallBucket": {ALL: OURS},
    "devices.CertificationRun": {ALL: TRIED},
    "devices.CheckResult": {
        "requirement": CODE, "title": OURS, "section": CODE, "remedy": OURS, "notes": "names of calls",
    },
    "devices.Cloud": {ALL: PARTNER},
    "devices.Command": {
        "command": CODE, "asked": REGISTRY, "input": REGISTRY,
        "clipped": REGISTRY, "program_type": CODE, "error_code": CODE, "change_reason": CODE,
        "changed_by": BY,
    },
    "devices.CommandAttempt": {"outcome": CODE},
    "devices.CommandChange": {"before": CODE, "after": CODE, "reason": CODE, "by": BY},
    "devices.CommandReport": {"status": CODE},
    "devices.Connection": {
        "client_id": PARTNER, "scopes": OURS, "broken_reason": CODE, "last_fault": CODE,
        "revoked_by": BY, "end_fault": CODE, "sealed_access_token": GRANT,
        "sealed_refresh_token": GRANT, "sealed_client_secret": GRANT,
        "sealed_api_key": GRANT,
    },
    "devices.Device": {"manufacturer": PRODUCT, "model": PRODUCT, "commands": PRODUCT, "cleared_types": CODE},
    "devices.HistoricalCloud": {ALL: PARTNER},
    "devices.HistoricalConnection": {
        "client_id": PARTNER, "scopes": OURS, "broken_reason": CODE, "revoked_by": BY,
    },
    "devices.Layout": {ALL: CODE},
    "devices.MakerBucket": {ALL: OURS},
    "devices.PortfolioRevocation": {"asked_by": BY},
    "devices.ReadingRefusal": {ALL: CODE},
    "devices.TelemetryExport": {"granularity": CODE, "actor_name": STAFF},
    "devices.Waiver": {
        "maker": PARTNER, "maker_key": PARTNER, "requirement": CODE, "given_by": BY, "withdrawn_by": BY,
    },
    "devices.Withdrawal": {"by": BY, "lifted_by": BY},
    "programs.DispatchEvent": {ALL: PROGRAM},
    "programs.DispatchTarget": {
        "reason": CODE, "decided_by": BY, "plan": REGISTRY, "unmeasured": CODE,
    },
    "programs.HistoricalDispatchEvent": {ALL: PROGRAM},
    "programs.HistoricalProgram": {ALL: PROGRAM},
    "programs.Participation": {ALL: CODE},
    "programs.Program": {ALL: PROGRAM},
    "enrollments.Checkpoint": {ALL: PROOF},
    "enrollments.CheckpointLeaf": {ALL: PROOF},
    "enrollments.Consent": {
        "terms_version": FACT, "revocation_source": FACT, "certification_version": FACT, "signed_request_digest": PROOF,
    },
    "enrollments.DeletionRequest": {
        "opened_by": BY, "refused_by": BY,
        "begun_by": BY, "waits_for": CODE, "certificate": "names nobody",
        "reference_digest": "a keyed digest, gone with the last facts",
        "answers_searched_for": "a digest of many ids and names together, gone with them",
        "sealed_reference": "of what that is made: likewise",
    },
    "enrollments.Deprovisioning": {ALL: PARTNER},
    "enrollments.Enrollment": {"state_reason": CODE, "consent_expiries": FACT, "ledger_head": PROOF},
    "enrollments.EnrollmentFile": {
        "name": "of a file of many, as staff named it", "digest": PROOF, "fault": CODE, "sealed_data_key": KEY,
    },
    "enrollments.ErasedDevice": {
        "device_digest": "a keyed digest, so that nothing brings the person back",
        "sealed_essence": "of what that is made: likewise",
    },
    "enrollments.EvidenceAccess": {"subject": "an id of the portal's own", "actor_name": STAFF},
    "enrollments.EvidenceRecord": {"actor_name": STAFF, "signed_request_digest": PROOF, "digest": PROOF},
    "enrollments.FileChunk": {"sealed": "a file of many, under its own key, gone once its rows are read"},
    "enrollments.FileRow": {"code": CODE},
    "enrollments.HistoricalConsent": {
        "previous_digest": PROOF, "digest": PROOF, "actor_name": STAFF, "original_digest": PROOF, "terms_version": FACT,
        "revocation_source": FACT, "certification_version": FACT, "signed_request_digest": PROOF,
        "history_change_reason": CODE,
    },
    "enrollments.HistoricalEnrollment": {
        "previous_digest": PROOF, "digest": PROOF, "actor_name": STAFF, "original_digest": PROOF, "state_reason": CODE,
        "history_change_reason": CODE,
    },
    "enrollments.HistoricalEnrollmentFile": {ALL: "of a file of many, as staff named it, and what they did with it"},
    "enrollments.LinkSession": {
        "redirect_url": PARTNER, "manufacturer_filters": PRODUCT, "browser_digest": "of a random number",
        "sealed_notes": "destroyed when the visit is over", "fault": CODE,
    },
    "enrollments.PurgedChain": {ALL: PROOF},
    "enrollments.RevocationDuty": {ALL: CODE},
    "enrollments.Score": {ALL: PARTNER},
    "enrollments.Tally": {ALL: CODE},
    "enrollments.Terms": {ALL: PARTNER},
}  # fmt: skip
READINGS = {"devices.Reading", "devices.Rollup", "devices.DeviceState"}


def cleared() -> dict[str, set[str]]:
    """What is blanked or goes, by table."""
    found: dict[str, set[str]] = {"partners.Customer": {"reference_id"}}
    for trace in TRACES:
        found.setdefault(trace.model, set()).update(trace.columns)
    for search in SEARCHES:
        for label, columns in search.columns_of.items():
            found.setdefault(label, set()).update(columns)
    return found


def sealed() -> dict[str, set[str]]:
    """What ends with the customer's key."""
    found: dict[str, set[str]] = {}
    for name, key in UNDER_OTHER_KEYS.items():
        label, _, column = name.rpartition(".")
        if key == "its customer's data key":
            found.setdefault(label, set()).add(column)
    return found


def undeclared(label: str, columns: Iterable[str]) -> set[str]:
    """Those of which nobody has said what they are to a person."""
    stays = NOT_PERSONAL.get(label, {})
    if ALL in stays or label in READINGS:
        return set()
    return set(columns) - stays.keys() - cleared().get(label, set()) - sealed().get(label, set())
