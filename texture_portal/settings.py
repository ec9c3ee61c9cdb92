"""Every setting, from the environment, with defaults for a first run on one's own machine.

Naming a public host in ALLOWED_HOSTS makes it production: then the secrets and the database must be given,
and DEBUG is refused.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

from texture_portal import client_address, own_secrets
from texture_portal.database import start_embedded
from texture_portal.key_rings import Ring

django_stubs_ext.monkeypatch()  # ModelForm[Partner], QuerySet[Site]: known to the type checker, and so to Python
env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
# A portal of its own for partners to try things on: made-up grid, credentials and database apart (docs/sandbox.md).
SANDBOX = env.bool("SANDBOX", default=False)
PORTAL_HOME = Path(env.str("PORTAL_HOME", default=str(BASE_DIR / ("var/sandbox" if SANDBOX else "var")))).resolve()

# -- development or production ---------------------------------------------------------------------------------

LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "[::1]", "::1", "testserver"}
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
IS_PUBLIC = not set(ALLOWED_HOSTS) <= LOOPBACK_HOSTS
DEBUG = env.bool("DEBUG", default=False)  # also keeps every SQL statement: slow
ACCEPT_HTTP_URLS = DEBUG or not IS_PUBLIC  # of partners, beside https (contract §9)

if IS_PUBLIC and DEBUG:
    raise ImproperlyConfigured(
        f"DEBUG is on for a public host ({', '.join(ALLOWED_HOSTS)}): it would show secrets to strangers. "
        "Remedy: unset DEBUG, or name loopback hosts only."
    )


OWN_SECRETS = own_secrets.read(home=PORTAL_HOME, is_public=IS_PUBLIC)
SECRET_KEY, *SECRET_KEY_FALLBACKS = OWN_SECRETS.keys[Ring.SECRET_KEY]
DATA_KEYS = OWN_SECRETS.keys[Ring.DATA_KEYS]  # newest first: the first seals, all open
CHECKPOINT_KEYS = OWN_SECRETS.keys[Ring.CHECKPOINT_KEY]  # newest first: the first signs, all verify
SECRETS_LAST_DAYS = env.int("SECRETS_LAST_DAYS", default=365)  # older ones are marked in the admin

# -- database --------------------------------------------------------------------------------------------------


def _database_url() -> str:
    given: str = env.str("DATABASE_URL", default="")
    if given:
        return given
    if IS_PUBLIC:
        raise ImproperlyConfigured(
            "DATABASE_URL is not set, and ALLOWED_HOSTS names a public host: the embedded PostgreSQL is for first "
            "runs and tests. Remedy: set DATABASE_URL=postgresql://user:password@host/database."
        )
    return start_embedded(PORTAL_HOME)


DATABASE_URL = _database_url()
# The statements of every request are planned once a connection (texture_portal.prepared). A pooler that hands out
# connections by transaction may not keep them: PREPARE_STATEMENTS=off.
PREPARING: dict[str, Any] = {"prepare_threshold": 1, "options": "-c plan_cache_mode=force_generic_plan"}
if not env.bool("PREPARE_STATEMENTS", default=True):
    PREPARING = {}
_database = environ.Env.db_url_config(DATABASE_URL)
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **_database,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**PREPARING, **_database.get("OPTIONS", {})},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- applications ----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "axes",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_q",
    "oauth2_provider",
    "pgtrigger",
    "rest_framework",
    "simple_history",
    "texture_portal",
    "partners",
    "territories",
    "devices",
    "programs",
    "enrollments",
]

MIDDLEWARE = [
    "texture_portal.client_address.middleware",
    "texture_portal.content_security.every_answer",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "texture_portal.request_log.keep",
    "texture_portal.content_security.console_policy",
    "texture_portal.content_security.people_policy",
    "partners.middleware.RequestIdMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "texture_portal.languages.people_language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "texture_portal.uploads.small_forms",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "texture_portal.login.sessions.guard",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it replaces the answer to whom it locked out
]

ROOT_URLCONF = "texture_portal.urls"
WSGI_APPLICATION = "texture_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "texture_portal.surroundings.of_the_portal",
            ]
        },
    }
]

# -- time and language -----------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", "English"), ("es", "Español")]  # of the pages for end users; all else is in English
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="America/New_York")  # the portal's: business hours are counted in it
USE_TZ = True
BUSINESS_CALENDAR = env.str("BUSINESS_CALENDAR", default="US")  # whose holidays are no business days

# -- web -------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = PORTAL_HOME / "static"
WHITENOISE_USE_FINDERS, WHITENOISE_ALLOW_ALL_ORIGINS = not IS_PUBLIC, False
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024  # the partner API sets its own, smaller limits
DATA_UPLOAD_MAX_NUMBER_FIELDS, DATA_UPLOAD_MAX_NUMBER_FILES = 1000, 10
MOST_BYTES_OF_A_FORM = 64 * 1024  # of who is not logged in to the console
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = IS_PUBLIC
# Browsers take such a cookie over TLS from this very host alone, and never send it to another.
COOKIE_PREFIX = "__Host-" if IS_PUBLIC else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_HTTPONLY = True  # forms carry their token themselves
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # not in a cookie: they name people
SECURE_REDIRECT_EXEMPT = [
    r"^healthz$", r"^readyz$", r"^metrics$",  # asked for inside, without TLS
    r"^v1/", r"^oauth/",  # refused without it (partners.middleware)
]  # fmt: skip
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)  # that it sets X-Forwarded-Proto and -For itself
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# Proxies beyond that one, or instead of it, whose word on where a request comes from is taken: networks.
TRUSTED_PROXIES = client_address.networks(env.list("TRUSTED_PROXIES", default=[]))
ADDRESS_LIMITS: dict[str, str] = env.dict("ADDRESS_LIMITS", default={})  # mail=10:60: ten at once, one more a minute
SECURE_HSTS_SECONDS = 31_536_000 if IS_PUBLIC else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_PUBLIC
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# -- log-in of staff (docs/staff.md) ---------------------------------------------------------------------------

SHORTEST_PASSWORD = env.int("SHORTEST_PASSWORD", default=12)
PASSWORD_WORDS = env.list("PASSWORD_WORDS", default=[])  # beside the portal's own: the company's, its products'
_stolen = env.str("BREACHED_PASSWORDS_FILE", default="")  # SHA-1 digests of known ones, sorted, a line each
BREACHED_PASSWORDS_FILE = Path(_stolen) if _stolen else None
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": SHORTEST_PASSWORD},
    },
    {"NAME": "texture_portal.login.passwords.NotEndless"},
    {"NAME": "texture_portal.login.passwords.NotGuessable"},
    {"NAME": "texture_portal.login.passwords.NotStolen"},
    {"NAME": "texture_portal.login.passwords.ChangeIsNoted"},
]
PERMISSIONS_BACKEND = "django.contrib.auth.backends.ModelBackend"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", PERMISSIONS_BACKEND]
REQUIRE_SECOND_FACTOR = env.bool("REQUIRE_SECOND_FACTOR", default=IS_PUBLIC)  # who has one is asked for it anyway
OTP_TOTP_ISSUER = "Texture enrollment portal"
SESSION_ENGINE = "texture_portal.login.session_store"
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=60)
SESSION_HOURS = env.int("SESSION_HOURS", default=12)  # from the log-in, whatever is done meanwhile
REAUTHENTICATE_MINUTES = env.int("REAUTHENTICATE_MINUTES", default=15)  # the age of a log-in that changes log-ins
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
AXES_HANDLER = "texture_portal.login.lock_out.LockOut"
AXES_CLIENT_IP_CALLABLE = "texture_portal.login.lock_out.address_of"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = env.int("LOGIN_FAILURES", default=5)  # of a name at an address
LOGIN_FAILURES_OF_ADDRESS = env.int("LOGIN_FAILURES_OF_ADDRESS", default=30)  # of all names at an address
LOGIN_FAILURES_OF_NAME = env.int("LOGIN_FAILURES_OF_NAME", default=20)  # of a name at all addresses
AXES_COOLOFF_TIME = timedelta(minutes=env.int("LOGIN_LOCK_MINUTES", default=15))
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # or a guesser would keep somebody out for good
AXES_LOCKOUT_CALLABLE = "texture_portal.login.lock_out.answer"
AXES_DISABLE_ACCESS_LOG = True  # administrative acts are the log
AXES_ENABLE_ADMIN = AXES_VERBOSE = False

# Single sign-on by OpenID Connect, where an issuer is named.
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")
OIDC_NAME = env.str("OIDC_NAME", default="single sign-on")  # on the button
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_SCOPES = env.str("OIDC_SCOPES", default="openid profile email")
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", default="groups")
OIDC_GROUPS: dict[str, str] = env.dict("OIDC_GROUPS", default={})  # theirs=ours,…: portal-audit=Auditor
if OIDC_ISSUER and IS_PUBLIC and not OIDC_ISSUER.startswith("https://"):
    raise ImproperlyConfigured("OIDC_ISSUER is not https. Remedy: name the identity provider by its https address.")

# -- the partner API -------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}
OAUTH2_PROVIDER_APPLICATION_MODEL = "partners.Application"
OAUTH2_PROVIDER = {
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "SCOPES_BACKEND_CLASS": "partners.scopes.PartnerScopes",
    "CLIENT_SECRET_HASHER": "fast_sha256",  # the secrets are 256 random bits: a slow hash adds nothing
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    # Only client credentials are granted; what else the library could do is held to its best practice even so.
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
}
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "partners.hashers.FastSHA256Hasher",
]
REQUIRE_CERTIFICATION = env.bool("REQUIRE_CERTIFICATION", default=False)
CERTIFICATE_DAYS = env.int("CERTIFICATE_DAYS", default=365)  # so long a certificate is in force

# -- the review desk -------------------------------------------------------------------------------------------

ESCALATE_BUSINESS_HOURS = env.int("ESCALATE_BUSINESS_HOURS", default=12)  # before a case is due
ESCALATE_OWNERSHIP_HOURS = env.int("ESCALATE_OWNERSHIP_HOURS", default=6)  # likewise, of its 24 by the clock
ESCALATION_EMAILS = env.list("ESCALATION_EMAILS", default=[])  # who is written to then; none: nobody
PORTAL_URL = env.str("PORTAL_URL", default="").rstrip("/")  # as staff reach it: for links in e-mails
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="portal@localhost")
vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25"))
EMAIL_TIMEOUT = 20  # seconds: well under a task's

# -- files of enrollments --------------------------------------------------------------------------------------

IMPORT_MAX_MEBIBYTES = env.int("IMPORT_MAX_MEBIBYTES", default=64)
IMPORT_MAX_ROWS = env.int("IMPORT_MAX_ROWS", default=100_000)
IMPORT_KEPT_DAYS = env.int("IMPORT_KEPT_DAYS", default=30)  # then what was in them is erased
FILE_UPLOAD_HANDLERS = ["texture_portal.uploads.InMemoryUpload"]  # never on disk in the clear

# -- people's data (docs/deletion.md) --------------------------------------------------------------------------

DELETED_WITHIN_DAYS = env.int("DELETED_WITHIN_DAYS", default=30)  # from the asking; GDPR gives a month, CCPA 45 days
DELETION_BEGINS_DAYS_BEFORE_DUE = env.int("DELETION_BEGINS_DAYS_BEFORE_DUE", default=5)  # where nobody began it before
CONSENT_FACTS_KEPT_YEARS = env.float("CONSENT_FACTS_KEPT_YEARS", default=7.0)  # §11.5; then they are purged, too

# -- telemetry -------------------------------------------------------------------------------------------------

TELEMETRY_KEPT_DAYS = env.int("TELEMETRY_KEPT_DAYS", default=100)  # §6 wants 90; older readings are not taken either
MQTT_URL = env.str("MQTT_URL", default="")  # mqtt://user:password@host:1883, or mqtts://: for `manage.py ingest_mqtt`

# -- calling out -----------------------------------------------------------------------------------------------

# Hosts that may have addresses that are not globally routable: a receiver on one's own machine, or in one's network.
OUTBOUND_ALLOWED_HOSTS: list[str] = env.list("OUTBOUND_ALLOWED_HOSTS", default=[])
WEBHOOK_SECONDS: float = env.float("WEBHOOK_SECONDS", default=10.0)  # what a receiver may take to answer

# -- territories -----------------------------------------------------------------------------------------------


def _by_geocoder(prefix: str) -> dict[str, str]:
    """GEOCODER_KEY_GOOGLE=… is the key of `google`."""
    return {name.removeprefix(prefix).lower(): value for name, value in os.environ.items() if name.startswith(prefix)}


GEOCODERS = env.list("GEOCODERS", default=["staged" if SANDBOX else "postal"])  # asked in this order
GEOCODER_KEYS = _by_geocoder("GEOCODER_KEY_")
GEOCODER_URLS = _by_geocoder("GEOCODER_URL_")
MATCH_THRESHOLD = env.float("MATCH_THRESHOLD", default=0.75)  # a utility is matched whose score is at least this …
MATCH_MARGIN = env.float("MATCH_MARGIN", default=0.5)  # … and ahead of the next one's by at least this
CENSUS_GEOCODER_URL = env.str("CENSUS_GEOCODER_URL", default="https://geocoding.geo.census.gov/geocoder")
GEOCODER_USER_AGENT = env.str("GEOCODER_USER_AGENT", default="texture-enrollment-portal")
GEOCODER_SECONDS = env.float("GEOCODER_SECONDS", default=7.0)  # for one address, all attempts together
GEOCODER_SECONDS_OF = {name: float(given) for name, given in _by_geocoder("GEOCODER_SECONDS_").items()}
GEOCODE_BATCH_SECONDS = env.float("GEOCODE_BATCH_SECONDS", default=30.0)  # for all addresses of a batch together
GEOCODER_FAULTS = env.int("GEOCODER_FAULTS", default=5)  # so many in a row, and it is not asked for a while
GEOCODE_CACHE_DAYS = env.int("GEOCODE_CACHE_DAYS", default=90)  # 0: no answer is kept

# A tile server's, with {z}, {x} and {y} in it; none: the maps of the review desk ask nobody for anything. One that is
# named learns roughly which places are looked at. MAP_TILES_CREDIT is what its terms want to be said on the map.
MAP_TILES_URL = env.str("MAP_TILES_URL", default="")
MAP_TILES_CREDIT = env.str("MAP_TILES_CREDIT", default="")

# -- jobs ------------------------------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="")  # redis://:password@host:6379/0, or rediss://: the queue is there then
QUEUE: dict[str, Any] = {"orm": "default"}
if REDIS_URL:
    QUEUE = {"broker_class": "texture_portal.redis_broker.Broker"}
Q_CLUSTER = {
    **QUEUE,
    "name": "texture-portal",  # part of every task's signature: changing it drops what is queued
    "workers": env.int("JOB_WORKERS", default=2),
    "timeout": 60,
    "retry": 300,
    "queue_limit": 4,
    "bulk": 1,
    "max_attempts": 5,
    "ack_failures": True,  # a job that failed is woken by its schedule, not tried again by the queue
    "save_limit": -1,
    "catch_up": False,
    "poll": 0.2,
    "recycle": 500,
}
HEARTBEAT_SECONDS = env.int("HEARTBEAT_SECONDS", default=5)
RENEWAL_OVERLAP_SECONDS = env.float("RENEWAL_OVERLAP_SECONDS", default=15.0)  # old and new processes, after SIGHUP
ROTATION_LEEWAY_SECONDS = env.float("ROTATION_LEEWAY_SECONDS", default=600.0)  # twice what a process may take to say so
HEARTBEAT_STALE_SECONDS = env.int("HEARTBEAT_STALE_SECONDS", default=75)  # longer than a task may take

# -- logs ------------------------------------------------------------------------------------------------------

LOG_FORMAT = env.str("LOG_FORMAT", default="json" if IS_PUBLIC else "plain")
LOG_REQUESTS = env.bool("LOG_REQUESTS", default=IS_PUBLIC)  # a line for each, with its route and without its address
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "underway": {"()": "texture_portal.log_forms.NamesWhatIsUnderWay"},
        "scrubbed": {"()": "texture_portal.scrubbing.Scrubber"},  # last: what the others put in is looked at too
    },
    "formatters": {
        "json": {"()": "texture_portal.log_forms.Json"},
        "plain": {
            "()": "texture_portal.log_forms.Plain",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        },
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["underway", "scrubbed"]}
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "axes": {"level": "ERROR"},  # below it tells of log-ins, by name and address: those are administrative acts
        "django-q": {"level": "WARNING"},  # at INFO it tells of every task
        "django.request": {"level": "ERROR"},  # a refusal is the caller's business, and kept where staff can find it
        "gunicorn.error": {"level": "WARNING", "handlers": []},  # in our form, not in its own
    },
}

# -- metrics ---------------------------------------------------------------------------------------------------

# Who may read /metrics: the bearer of one of these, several so that they can be changed. None: nobody in production.
METRICS_TOKENS = env.list("METRICS_TOKENS", default=[])

# -- admin -----------------------------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": "Texture enrollment portal",
    "SITE_HEADER": "Enrollment portal",
    "SITE_SYMBOL": "bolt",
    "SCRIPTS": [lambda request: static("console/keys.js"), "texture_portal.navigation.putting_away"],
    "STYLES": [lambda request: static("console/tables.css")],
    "SITE_URL": None,
    "ENVIRONMENT": "texture_portal.navigation.environment",
    "DASHBOARD_CALLBACK": "texture_portal.dashboard.front_page",
    "SIDEBAR": {"navigation": "texture_portal.navigation.groups"},
    "ACCOUNT": {"navigation": "texture_portal.navigation.account"},
}
