"""What a fault can touch: the checks that make calls of its categories, and those that are judged by every call.

Which step makes calls of which category is written here once, and held against the calls of a clean run
(`test_simulated_oem`): so a fault need not be tried with checks that never meet it.
"""

from dataclasses import replace

from devices.certification.suite import of_clouds

CALLS = {
    "list_devices": {"metadata"},
    "recall_devices": set(),
    "ask_states": {"metadata", "telemetry"},
    "ask_oldest_day": {"metadata", "historical"},
    "ask_following_ranges": {"metadata", "historical"},
    "send_harmless": {"metadata", "telemetry", "control"},
    "follow": {"control"},
    "send_unsafe": {"metadata", "control"},
    "ask_without_a_key": {"metadata", "telemetry"},
    "renew_a_grant": {"metadata"},
    "revoke_a_token": {"metadata"},
    "use_both_secrets": {"metadata"},
    "shake_hands": set(),
    "read_page": set(),
}
SAMPLED = {
    "telemetry": {"metadata", "telemetry"},
    "control": {"metadata", "telemetry", "control"},
    "historical": {"metadata", "historical"},
}


def categories_of(requirement) -> set[str]:
    called = [
        SAMPLED[said.given["category"]] if said.word == "sample_calls" else CALLS[said.word]
        for said in requirement.steps
    ]
    return set().union(*called)


def that_call(*categories):
    """The clouds' suite without what makes no such call."""
    suite = of_clouds()
    chosen = [each for each in suite.requirements if each.is_last or categories_of(each) & set(categories)]
    return [replace(suite, requirements=tuple(chosen))]


def named(*requirements):
    suite = of_clouds()
    chosen = tuple(each for each in suite.requirements if each.name in requirements)
    assert len(chosen) == len(requirements)
    return [replace(suite, requirements=chosen)]


def of_section(section):
    suite = of_clouds()
    return [replace(suite, requirements=tuple(each for each in suite.requirements if each.section == section))]
