"""Who may do what: groups of staff with exact permissions. A migration installs them; one more where this changes."""

from typing import Any

from django.contrib.auth.management import create_permissions

EVERYTHING = ("*",)
APPS = ("auth", "devices", "enrollments", "partners", "programs", "territories", "texture_portal")

_ENROLLMENTS = ("enrollments.view_enrollment", "partners.view_partner")
_SURROUNDINGS = (
    "devices.view_device", "devices.view_command", "programs.view_participation", "programs.view_program",
    "territories.view_dataset", "territories.view_serviceterritory", "territories.view_site",
    "territories.view_utility",
)  # fmt: skip
_WEBHOOKS = ("partners.view_webhookendpoint", "partners.view_webhookdelivery")

_GRANTS = (
    "devices.view_cloud", "devices.view_connection", "devices.view_withdrawal", "devices.view_historicalcloud",
    "devices.view_historicalconnection",
)  # fmt: skip
_POLLING = (
    "devices.view_connectordocument", "devices.view_discovereddevice", "devices.view_poll", "devices.view_callbucket",
    "devices.view_streamposition", "devices.view_readingrefusal",
)  # fmt: skip
_CERTIFICATION = (
    "devices.view_certificationrun", "devices.view_waiver", "partners.view_certificate", "partners.view_maintenance",
    "enrollments.view_score",
)  # fmt: skip
_DISPATCH = ("programs.view_dispatchevent", "programs.view_dispatchtarget")
_PEOPLE = ("partners.view_customer", "enrollments.view_deletionrequest", "enrollments.view_linksession")
_PORTFOLIOS = ("devices.view_portfolio", "devices.view_historicalportfolio")

GROUPS: dict[str, tuple[str, ...]] = {
    "Program staff": (
        *_ENROLLMENTS,
        *_SURROUNDINGS,
        "enrollments.suspend_enrollment", "enrollments.opt_out_enrollment", "enrollments.revoke_enrollment",
        "enrollments.view_reviewcase", "enrollments.decide_reviewcase", "enrollments.assign_reviewcase",
        "enrollments.open_conflict", "enrollments.view_casenote", "enrollments.add_casenote",
        "enrollments.view_consent",
        "enrollments.view_terms", "enrollments.add_terms", "enrollments.delete_terms",
        "enrollments.ask_evidence", "enrollments.view_evidencerequest", "enrollments.view_evidencerecord",
        "enrollments.view_partnerevent", "enrollments.retry_partnerevent",
        "enrollments.view_revocationduty", "enrollments.retry_revocationduty",
        "enrollments.add_enrollmentfile", "enrollments.view_enrollmentfile", "enrollments.run_enrollmentfile",
        "enrollments.erase_enrollmentfile",
        *_PEOPLE, "enrollments.open_deletionrequest", "enrollments.carry_out_deletionrequest",
        "enrollments.export_person", "enrollments.view_deprovisioning", "enrollments.end_deprovisioning",
        "programs.add_program", "programs.change_program", "programs.view_historicalprogram",
        *_DISPATCH, "programs.add_dispatchevent", "programs.schedule_dispatchevent",
        "programs.opt_out_dispatchtarget",
        *_GRANTS, "devices.revoke_connection", *_POLLING, "devices.write_connectordocument",
        "devices.issue_command",
        "texture_portal.export_list",
        *_CERTIFICATION,
        *_PORTFOLIOS, "devices.add_portfolio", "devices.change_portfolio", "devices.fill_portfolio",
        "devices.revoke_portfolio", "devices.export_telemetry",
    ),
    "Auditor": (
        *_ENROLLMENTS,
        *_SURROUNDINGS,
        *_GRANTS,
        *_POLLING,
        *_PORTFOLIOS,
        *_DISPATCH,
        *_CERTIFICATION,
        "devices.view_telemetryexport",
        *_PEOPLE, "enrollments.view_deprovisioning",
        "enrollments.view_reviewcase", "enrollments.view_casenote", "enrollments.view_consent",
        "enrollments.view_historicalconsent", "enrollments.view_enrollmentfile",
        "enrollments.view_evidence", "enrollments.export_evidence", "enrollments.view_evidenceaccess",
        "enrollments.view_evidencerequest", "enrollments.view_evidencerecord",
        "enrollments.view_checkpoint", "enrollments.view_terms", "partners.view_historicalpartner",
        "partners.view_idempotencyrecord",
        "enrollments.view_partnerevent", "enrollments.view_revocationduty",
        "partners.view_application", "partners.view_refusedrequest", "partners.view_signingkey",
        "programs.view_historicalprogram",
        *_WEBHOOKS,
        "texture_portal.view_act", "texture_portal.view_key", "texture_portal.view_look", "texture_portal.export_list",
    ),
    "Partner manager": (
        *_ENROLLMENTS,
        "enrollments.view_partnerevent",
        "partners.add_partner", "partners.change_partner", "partners.view_historicalpartner",
        "partners.view_signingkey", "partners.rotate_signingkey", "partners.view_application",
        "texture_portal.view_key",
        "partners.view_whole_idempotency_key",
        "partners.rotate_application", "partners.view_idempotencyrecord", "partners.view_refusedrequest",
        *_WEBHOOKS, "partners.manage_webhookendpoint", "partners.resend_webhookdelivery",
        *_POLLING,
        *_CERTIFICATION, "devices.start_certificationrun", "devices.give_waiver", "partners.issue_certificate",
        "partners.withdraw_certificate", "partners.add_maintenance", "partners.cancel_maintenance",
        *_GRANTS, "devices.add_cloud", "devices.change_cloud", "devices.set_cloud_secret", "devices.add_connection",
        "devices.replace_connection_secret", "devices.revoke_connection",
    ),
    "Administrator": EVERYTHING,
}  # fmt: skip


def install(apps: Any) -> None:
    """Makes the groups' permissions equal to the table, whoever is in them; `apps` are a migration's or the real.

    A migration in the middle of the way does not know every permission yet: the last one gives those that it left out.
    """
    _make_permissions(apps)
    group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    present = {
        f"{each.content_type.app_label}.{each.codename}": each
        for each in permission_model.objects.filter(content_type__app_label__in=APPS).select_related("content_type")
    }
    for name, wanted in GROUPS.items():
        names = present if wanted == EVERYTHING else wanted
        group, _ = group_model.objects.get_or_create(name=name)
        group.permissions.set([present[each] for each in names if each in present])


def _make_permissions(apps: Any) -> None:
    """Django makes them after all migrations only. A migration's apps have no models module, which it asks for."""
    for label in APPS:
        config = apps.get_app_config(label)
        kept = getattr(config, "models_module", None)
        config.models_module = kept or True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = kept
