"""Every action that the console offers, and which groups may do it: the one table that the browser is held against.

An administrator may do each of them. What is not in the table nobody may: `offered` finds what the admin classes have.
"""

STAFF, AUDITOR, MANAGER, ADMINISTRATOR = "Program staff", "Auditor", "Partner manager", "Administrator"
EVERY_GROUP = (STAFF, AUDITOR, MANAGER, ADMINISTRATOR)

_EVERYBODY = (STAFF, AUDITOR, MANAGER)
_NOT_MANAGER = (STAFF, AUDITOR)
_NOT_STAFF = (AUDITOR, MANAGER)
_NOT_AUDITOR = (STAFF, MANAGER)
_STAFF, _AUDITOR, _MANAGER = (STAFF,), (AUDITOR,), (MANAGER,)
_ADMINISTRATOR_ALONE = ()

OFFERS: dict[str, dict[str, tuple[str, ...]]] = {
    "enrollments.enrollment": {
        "view": _EVERYBODY,
        "suspend": _STAFF,
        "reinstate": _STAFF,
        "opt-out": _STAFF,
        "revoke": _STAFF,
        "open-conflict": _STAFF,
        "evidence": _AUDITOR,
        "export": _NOT_MANAGER,
        "act_together": _STAFF,  # of a selection in the list
        "together": _STAFF,
    },
    "enrollments.reviewcase": {
        "view": _NOT_MANAGER,
        "resolve": _STAFF,
        "request-information": _STAFF,
        "verify-account": _STAFF,
        "refute-transfer": _STAFF,
        "dismiss-conflict": _STAFF,
        "end": _STAFF,
        "take": _STAFF,
        "hand-over": _STAFF,
        "put-back": _STAFF,
        "note": _STAFF,
        "act_together": _STAFF,  # of a selection in the queue
        "together": _STAFF,
        "export": _NOT_MANAGER,
    },
    "enrollments.consent": {"view": _NOT_MANAGER, "ask-records": _STAFF, "file-record": _STAFF, "export": _NOT_MANAGER},
    "enrollments.historicalconsent": {"view": _AUDITOR},
    "enrollments.partnerevent": {"view": _EVERYBODY, "retry": _STAFF},
    "partners.customer": {"view": _NOT_MANAGER, "take-along": _STAFF, "ask-deletion": _STAFF},
    "enrollments.deprovisioning": {"view": _NOT_MANAGER, "add": _STAFF},
    "enrollments.linksession": {"view": _NOT_MANAGER},
    "enrollments.deletionrequest": {
        "view": _NOT_MANAGER,
        "carry-out": _STAFF,
        "refuse": _STAFF,
        "wait-no-more": _STAFF,
        "certificate": _NOT_MANAGER,
        "verify": _NOT_MANAGER,
    },
    "enrollments.revocationduty": {"view": _NOT_MANAGER, "retry": _STAFF},
    "enrollments.evidencerequest": {"view": _NOT_MANAGER},
    "enrollments.evidencerecord": {"view": _NOT_MANAGER, "content": _AUDITOR},
    "enrollments.evidenceaccess": {"view": _AUDITOR},
    "enrollments.checkpoint": {"view": _AUDITOR},
    "enrollments.terms": {"view": _NOT_MANAGER, "add": _STAFF, "delete": _STAFF},
    "enrollments.enrollmentfile": {
        "view": _NOT_MANAGER,
        "add": _STAFF,
        "template": _STAFF,
        "start": _STAFF,
        "stop": _STAFF,
        "erase": _STAFF,
        "result": _NOT_MANAGER,
    },
    "partners.partner": {
        "view": _EVERYBODY,
        "add": _MANAGER,
        "change": _MANAGER,
        "history": _NOT_STAFF,
        "simple_history": _NOT_STAFF,
        "add-key": _MANAGER,
        "revoke-key": _MANAGER,
        "add-client": _MANAGER,
        "revoke-client": _MANAGER,
        "raise-limit": _MANAGER,
        "try": _MANAGER,
        "suspend": _MANAGER,
        "reinstate": _MANAGER,
        "end": _MANAGER,
    },
    "partners.maintenance": {"view": _EVERYBODY, "add": _MANAGER, "cancel": _MANAGER},
    "enrollments.score": {"view": _EVERYBODY, "export": _NOT_MANAGER},
    "partners.certificate": {"view": _EVERYBODY, "withdraw": _MANAGER},
    "partners.webhookendpoint": {
        "view": _NOT_STAFF,
        "test": _MANAGER,
        "send-all-again": _MANAGER,
        "rotate-secret": _MANAGER,
        "disable": _MANAGER,
        "enable": _MANAGER,
    },
    "partners.webhookdelivery": {"view": _NOT_STAFF, "send-again": _MANAGER},
    "partners.refusedrequest": {"view": _NOT_STAFF},
    "partners.idempotencyrecord": {"view": _NOT_STAFF},
    "programs.program": {
        "view": _NOT_MANAGER,
        "add": _STAFF,
        "change": _STAFF,
        "history": _NOT_MANAGER,
        "simple_history": _NOT_MANAGER,
        "gather": _STAFF,
    },
    "programs.dispatchevent": {
        "view": _NOT_MANAGER,
        "add": _STAFF,
        "schedule": _STAFF,
        "preview": _STAFF,
        "amend": _STAFF,
        "opt-out": _STAFF,
        "cancel": _STAFF,
        "report": _NOT_MANAGER,
    },
    "programs.dispatchtarget": {"view": _NOT_MANAGER},
    "programs.participation": {"view": _NOT_MANAGER},
    "devices.device": {
        "view": _NOT_MANAGER,
        "fleet": _NOT_MANAGER,
        "export": _NOT_MANAGER,
        "order": _STAFF,
        "export-telemetry": _STAFF,
    },
    "devices.command": {"view": _NOT_MANAGER, "cancel": _STAFF},
    "devices.streamposition": {"view": _EVERYBODY},
    "devices.readingrefusal": {"view": _EVERYBODY},
    "devices.telemetryexport": {"view": _AUDITOR},
    "devices.connectordocument": {"view": _EVERYBODY, "write": _STAFF},
    "devices.discovereddevice": {"view": _EVERYBODY},
    "devices.poll": {"view": _EVERYBODY},
    "devices.callbucket": {"view": _EVERYBODY},
    "devices.certificationrun": {
        "view": _EVERYBODY,
        "certify": _MANAGER,
        "waive": _MANAGER,
        "take-back": _MANAGER,
        "paper": _EVERYBODY,
    },
    "devices.cloud": {
        "view": _EVERYBODY,
        "add": _MANAGER,
        "change": _MANAGER,
        "history": _EVERYBODY,
        "simple_history": _EVERYBODY,
        "set-secret": _MANAGER,
        "connect-client": _MANAGER,
        "connect-key": _MANAGER,
    },
    "devices.connection": {
        "view": _EVERYBODY,
        "replace-secret": _MANAGER,
        "try-again": _MANAGER,
        "tell-again": _NOT_AUDITOR,
        "revoke": _NOT_AUDITOR,
    },
    "devices.portfolio": {
        "view": _NOT_MANAGER,
        "add": _STAFF,
        "change": _STAFF,
        "history": _NOT_MANAGER,
        "simple_history": _NOT_MANAGER,
        "add-devices": _STAFF,
        "remove-devices": _STAFF,
        "revoke-access": _STAFF,
        "suspend": _STAFF,
        "reinstate": _STAFF,
        "export-telemetry": _STAFF,
    },
    "territories.utility": {"view": _NOT_MANAGER, "change": _ADMINISTRATOR_ALONE},
    "territories.serviceterritory": {"view": _NOT_MANAGER},
    "territories.site": {"view": _NOT_MANAGER},
    "territories.dataset": {"view": _NOT_MANAGER},
    "texture_portal.heartbeat": {"view": _ADMINISTRATOR_ALONE, "wake": _ADMINISTRATOR_ALONE},
    "texture_portal.act": {"view": _AUDITOR},
    "texture_portal.look": {"view": _AUDITOR},
    "texture_portal.key": {"view": _NOT_STAFF},
    "auth.user": {
        "view": _ADMINISTRATOR_ALONE,
        "add": _ADMINISTRATOR_ALONE,
        "change": _ADMINISTRATOR_ALONE,
        "password_change": _ADMINISTRATOR_ALONE,
        "lift-lock": _ADMINISTRATOR_ALONE,
        "take-second-factor": _ADMINISTRATOR_ALONE,
        "end-sessions": _ADMINISTRATOR_ALONE,
    },
    "auth.group": {
        "view": _ADMINISTRATOR_ALONE,
        "add": _ADMINISTRATOR_ALONE,
        "change": _ADMINISTRATOR_ALONE,
        "delete": _ADMINISTRATOR_ALONE,
        "delete_selected": _ADMINISTRATOR_ALONE,
    },
}
TYPED = ("add", "change", "delete")  # Django's own ways to write a row by hand


def may(group: str, label: str, action: str) -> bool:
    return action in OFFERS[label] and (group == ADMINISTRATOR or group in OFFERS[label][action])


def allowed(group: str, label: str) -> set[str]:
    return {action for action in OFFERS[label] if may(group, label, action)}


def denied(group: str, label: str) -> set[str]:
    """What the group may not, with every way to write a row by hand that nobody has."""
    return {*OFFERS[label], *TYPED} - allowed(group, label)
