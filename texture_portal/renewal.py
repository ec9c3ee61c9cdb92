"""The supervisor takes in what its children read when they begin: it wakes workers, which is signed too."""

import logging

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from texture_portal import own_secrets, queue_signing
from texture_portal.key_rings import Ring

log = logging.getLogger(__name__)


def take_secrets_in() -> bool:
    """False where they cannot be used: then nothing is changed."""
    try:
        found = own_secrets.read(home=settings.PORTAL_HOME, is_public=settings.IS_PUBLIC)
    except ImproperlyConfigured as fault:
        log.error("the secrets are not taken in: %s", fault)
        return False
    settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS = found.keys[Ring.SECRET_KEY]
    settings.DATA_KEYS = found.keys[Ring.DATA_KEYS]
    settings.CHECKPOINT_KEYS = found.keys[Ring.CHECKPOINT_KEY]
    queue_signing.sign_with(settings.SECRET_KEY)
    return True
