"""Settings, all read from the environment: README.md has the table."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from newsletter import env, folders, schedule
from newsletter.buckets import origin
from newsletter.hosts import bracketed
from newsletter.policy import DIRECTIVES, image_sources

BASE_DIR = Path(__file__).resolve().parent.parent
DEVELOPMENT_KEY = "insecure-development-key-for-this-machine-alone"
DEVELOPMENT_URL = "http://127.0.0.1:8000"
LOOPBACK = ["localhost", ".localhost", "127.0.0.1", "[::1]"]

# Mode and secrets

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY", DEVELOPMENT_KEY if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Set it (or SECRET_KEY_FILE) to a long random text, which"
        " `python3 -c 'import secrets; print(secrets.token_urlsafe(50))'` prints,"
        " or set DEBUG=true on a developer's machine."
    )
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
# Of the digests of mail addresses: who must get no mail is known by these alone, so it stays.
ADDRESS_KEY = env.text("ADDRESS_KEY", SECRET_KEY)

# The site

SITE_URL = env.url("SITE_URL", DEVELOPMENT_URL if DEBUG else "")
SITE_HOST = urlsplit(SITE_URL).hostname
ALLOWED_HOSTS = env.hosts(
    "ALLOWED_HOSTS",
    [*([bracketed(SITE_HOST)] if SITE_HOST else []), *(LOOPBACK if DEBUG else [])],
)
if not SITE_URL:
    # Absolute addresses (feeds, sitemap) need a name: the first of the hosts that is one.
    SITE_HOST = next((host for host in ALLOWED_HOSTS if host[0] not in ".*"), None)
    SITE_URL = f"https://{SITE_HOST}" if SITE_HOST else DEVELOPMENT_URL
SITE_NAME = env.line("SITE_NAME", "Newsletter", longest=100)
NEWSLETTER_TAG_KEYS = env.keys("TAG_KEYS", ["tags"])
HTML_SANITIZER = env.choice("HTML_SANITIZER", ["nh3", "bleach"], "nh3")
PREVIEW_MAX_AGE = env.integer(
    "PREVIEW_MAX_AGE", 7 * 24 * 3600, minimum=60, maximum=10 * 365 * 24 * 3600
)
# What readers send: whether, and how many suggestions and how many reports in an hour, of all.
MIRROR_IMAGES = env.flag("MIRROR_IMAGES", default=False)
READERS_FORMS = env.flag("READERS_FORMS", default=True)
READERS_FORMS_HOURLY = env.integer("READERS_FORMS_HOURLY", 200, minimum=1, maximum=1_000_000)
# How often a client may ask the API in an hour.
API_HOURLY = env.integer("API_HOURLY", 3600, minimum=60, maximum=10_000_000)
# Where feeds say that they are announced (https://www.w3.org/TR/websub/).
WEBSUB_HUB = env.endpoint("WEBSUB_HUB")
CDN_PURGE_URL = env.endpoint("CDN_PURGE_URL")
CDN_PURGE_TOKEN = env.secret("CDN_PURGE_TOKEN", shortest=1)
# How often a client may search in an hour: the dearest of the public pages.
SEARCHES_HOURLY = env.integer("SEARCHES_HOURLY", 1200, minimum=60, maximum=10_000_000)
# While the database is copied or changed: readers read, and nothing is written.
READ_ONLY = env.flag("READ_ONLY", default=False)
LINKS_PREMODERATION = env.flag("LINKS_PREMODERATION", default=False)
LINKS_TITLES = env.flag("LINKS_TITLES", default=True)
LINKS_ARCHIVE = env.choice("LINKS_ARCHIVE", ["wayback", "none"], "wayback")

# A folder whose `templates` and `static` come before ours (docs/themes.md).
THEME_DIR = env.theme("THEME_DIR")

# Parts

INSTALLED_APPS = [
    "newsletter.apps.StaffConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "newsletter.apps.FactorAccountsConfig",  # allauth.account
    "allauth.mfa",
    "axes",
    "csp",
    "taggit",
    "django_tasks",
    "django_tasks_db",
    "tasks",
    "backups",
    "notices",
    "links",
    "posts",
    "mailing",
    "newsletter",
]

# Nothing here reads the session or the user by itself: a page that does not ask for them sets no
# cookie and has no `Vary: Cookie`, so that caches may keep it. How large a body may be is decided
# before anything that can fail, since Django's pages about an error read all of it.
MIDDLEWARE = [
    "newsletter.logs.requests.RequestMiddleware",
    "newsletter.middleware.HeadMiddleware",
    "mailing.counting.feeds.FeedReaderMiddleware",
    "newsletter.copies.PageMiddleware",
    "newsletter.security.PolicyMiddleware",
    "newsletter.middleware.IdentityMiddleware",
    "newsletter.middleware.NulMiddleware",
    "newsletter.middleware.RedirectMiddleware",
    "newsletter.middleware.StaffSessionMiddleware",
    "newsletter.middleware.StaffAuthenticationMiddleware",
    "newsletter.bodies.BodyMiddleware",
    "newsletter.security.UncountedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    *([] if DEBUG else ["whitenoise.middleware.WhiteNoiseMiddleware"]),
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "newsletter.middleware.StaffMessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "newsletter.unsaved.UnsavedMiddleware",
    "newsletter.read_only.ReadOnlyMiddleware",
    "newsletter.middleware.NotFoundMiddleware",
]

ROOT_URLCONF = "newsletter.urls"
WSGI_APPLICATION = "newsletter.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [*([THEME_DIR / "templates"] if THEME_DIR else []), BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "newsletter.context.site",
            ],
        },
    },
]

# Data

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
# `copy_to`: how addresses of databases are read, and what is derived anew in a copied one.
DATABASE_READER = "newsletter.env.database_of"
COMMANDS_AFTER_COPY = [["rebuild_search"]]
# Seconds after which PostgreSQL ends what the server (newsletter/serving.py) asks of it; 0: never.
DATABASE_LIMITS = {
    "statement_timeout": env.integer("DATABASE_STATEMENT_TIMEOUT", 30, maximum=86_400),
    "lock_timeout": env.integer("DATABASE_LOCK_TIMEOUT", 10, maximum=86_400),
    "idle_in_transaction_session_timeout": env.integer("DATABASE_IDLE_TIMEOUT", 60, maximum=86_400),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": env.cache("CACHE_URL")}
# Megabytes of public pages that a process keeps in its memory; 0: none.
PAGE_CACHE = env.integer("PAGE_CACHE", 16, maximum=65_536)
TAGGIT_CASE_INSENSITIVE = True

# Background work

TASKS = {"default": env.tasks("TASKS")}
TASK_ATTEMPTS = env.integer("TASK_ATTEMPTS", 5, minimum=1, maximum=100)
TASK_BACKOFF = env.integer("TASK_BACKOFF", 10, maximum=3600)
TASK_LEASE = env.integer("TASK_LEASE", 60, minimum=1, maximum=3600)
# Seconds that a task may take; 0: any number. Of some more than of others.
TASK_LIMIT = env.integer("TASK_LIMIT", 3600, maximum=7 * 24 * 3600)
TASK_LIMITS = {"backups.rotating.back_up": 12 * TASK_LIMIT}
TASK_RETRIES = schedule.RETRIES
# The path of a task and its period in seconds.
PERIODIC_TASKS = dict(schedule.PERIODS)
if WEBSUB_HUB:
    PERIODIC_TASKS["posts.site.announcing.announce"] = 60
if CDN_PURGE_URL:
    PERIODIC_TASKS["posts.purging.purge"] = 60
SINGLE_TASKS = schedule.SINGLE
TASK_NAMES = schedule.NAMES
MOVED_TASKS = schedule.MOVED
# Who has this right is told of all that they may see, unless they chose otherwise.
NOTICES_OWNER = "posts.change_sitesettings"
# Speaks the language of the site, and tells its name and whom its mail is from: for apps that
# know no other.
SITE_IDENTITY = "posts.identity.speaking"
# Backups: none are taken by themselves unless there is a folder for them
BACKUP_DIR = env.folder("BACKUP_DIR", BASE_DIR) if env.text("BACKUP_DIR") else None
BACKUP_DAYS = env.integer("BACKUP_DAYS", 7, minimum=1, maximum=3650)
BACKUP_WEEKS = env.integer("BACKUP_WEEKS", 4, maximum=520)
if BACKUP_DIR:
    PERIODIC_TASKS["backups.rotating.back_up"] = 24 * 3600

# Mail: none is sent, and nobody is asked for an address, unless a server is named

EMAIL = env.mail("EMAIL_URL")
globals().update(EMAIL)  # Django's names for its parts
if EMAIL:
    PERIODIC_TASKS["mailing.sending.starting.start_due"] = 15
    PERIODIC_TASKS["mailing.sending.rolling.roll_up"] = 5 * 60
_mail_host = SITE_HOST if SITE_HOST and ":" not in SITE_HOST else "localhost"
# Without a name in it, mail bears that of the site as it is set just now (posts.identity).
EMAIL_FROM = env.sender("EMAIL_FROM", f"noreply@{_mail_host}")
DEFAULT_FROM_EMAIL = EMAIL_FROM
ADMINS = [(address, address) for address in env.addresses("ADMINS")]
# What comes back: told by providers, who know a secret, and found in a mailbox.
MAIL_EVENTS_SECRET = env.secret("MAIL_EVENTS_SECRET", shortest=20)
MAIL_BOUNCES = env.mailbox("MAIL_BOUNCES")
if MAIL_BOUNCES:
    PERIODIC_TASKS["mailing.bounces.collecting.collect"] = 5 * 60

# Files

STATIC_URL = "/static/"
STATIC_ROOT = env.folder("STATIC_ROOT", BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
if THEME_DIR and (THEME_DIR / "static").is_dir():
    STATICFILES_DIRS.insert(0, THEME_DIR / "static")
# What a request may bring (newsletter/bodies.py), in bytes. An issue of 1 MB may be three times
# that in a form. README.md says what that means for a proxy.
MOST_BYTES = 64 * 1024
MOST_BYTES_OF_STAFF = 8 * 1024 * 1024
# A picture (posts.images.MAX_BYTES) with what a form has around it.
MOST_BYTES_OF_PICTURE = 21 * 1024 * 1024
# What a provider tells at once (/mail/events/…/), with the secret.
MOST_BYTES_OF_EVENTS = 2 * 1024 * 1024
MOST_BYTES_UPLOADED = 210 * 1024 * 1024
# Beside files, which only the upload of issues takes; in as many fields as Django takes, 1,000.
DATA_UPLOAD_MAX_MEMORY_SIZE = MOST_BYTES_OF_STAFF
FILE_UPLOAD_HANDLERS = ["newsletter.bodies.NoFiles"]
MEDIA_URL = "/media/"
MEDIA_ROOT = env.folder("MEDIA_ROOT", BASE_DIR / "media")
# What staff upload waits here until they have looked at it: it is for nobody else.
UPLOAD_ROOT = env.folder("UPLOAD_ROOT", MEDIA_ROOT.parent / "uploads")
# Social cards that were drawn: a cache, of which nothing is lost when it is emptied.
CARD_ROOT = env.folder("CARD_ROOT", MEDIA_ROOT.parent / "cards")
SERVE_MEDIA = env.flag("SERVE_MEDIA", default=True)
BUCKET = env.storage("STORAGE_URL")
for _name, _folder in (
    ("MEDIA_ROOT", None if BUCKET else MEDIA_ROOT),
    ("UPLOAD_ROOT", UPLOAD_ROOT),
    ("CARD_ROOT", CARD_ROOT),
    ("BACKUP_DIR", BACKUP_DIR),
    ("DATABASE_URL", folders.database_folder(DATABASES["default"])),
):
    if _folder:
        folders.require_writable(_name, _folder)
STORAGES = {
    # What is stored is named by its content.
    "default": BUCKET
    or {
        "BACKEND": "posts.storage.WholeFileStorage",
        "OPTIONS": {"allow_overwrite": True},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Language and time

LANGUAGES = [("en", _("English")), ("ko", _("Korean"))]
LANGUAGE_CODE = env.choice("LANGUAGE_CODE", [code for code, _name in LANGUAGES], "en")
DESCRIPTIONS = {
    "en": "Links worth reading, chosen and commented on.",
    "ko": "읽을 만한 링크를 골라 한마디씩 덧붙여요.",
}
SITE_DESCRIPTION = env.line("SITE_DESCRIPTION", DESCRIPTIONS[LANGUAGE_CODE], longest=500)
# Texts of ours; and of libraries, where theirs break the tone.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale-libraries"]
FORMAT_MODULE_PATH = "newsletter.formats"
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

# Accounts, and whoever else sends forms

# By what clients are told apart that do too much: a function of a request.
CLIENT_ADDRESS = "newsletter.security.client_address"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "newsletter.guessing.SlowingBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# Staff without a second factor are led to set one up, and see nothing else before.
STAFF_SECOND_FACTOR = env.flag("STAFF_SECOND_FACTOR", default=False)
# Of allauth there are rows and functions alone: no pages, no sign-up, no mail. Limits are ours.
MFA_ADAPTER = "newsletter.factors.adapter.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds that a clock may be wrong
ACCOUNT_RATE_LIMITS = False
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "desk"
# Failures are counted in the database, which all workers share. By address: locking an account
# would let a stranger lock its owner out. What is tried from many addresses newsletter/guessing.py
# slows down.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_CALLABLE = "newsletter.security.locked_out"
AXES_LOCKOUT_PARAMETERS = ["ip_address"]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = CLIENT_ADDRESS
AXES_VERBOSE = False
# Whom to write to about a hole in the site (/.well-known/security.txt, RFC 9116).
SECURITY_CONTACT = env.contact("SECURITY_CONTACT")
# Who brings it is told the details of /readyz, and /metrics; without one nobody is.
METRICS_TOKEN = env.secret("METRICS_TOKEN", shortest=16)

# Transport and browsers

HTTPS = SITE_URL.startswith("https://") and not DEBUG
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0, maximum=10)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # probes speak plain HTTP
SECURE_HSTS_SECONDS = (
    env.integer("HSTS_SECONDS", 365 * 24 * 3600, maximum=10 * 365 * 24 * 3600) if HTTPS else 0
)
# They hold for other hosts than ours: only where somebody asks for it.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS", default=False) and HTTPS
SECURE_HSTS_PRELOAD = env.flag("HSTS_PRELOAD", default=False) and HTTPS
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "newsletter.unsaved.unproven"
CSRF_TRUSTED_ORIGINS = [SITE_URL]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        **DIRECTIVES,
        **image_sources(mirrored=MIRROR_IMAGES, bucket=origin(BUCKET)),
        "upgrade-insecure-requests": HTTPS,
    }
}

# Logging: to standard error, for whoever runs the process

LOG_FORMAT = env.choice("LOG_FORMAT", ["line", "json"], "line")
# What strangers get wrong is no warning; the start of a request says no more than its end.
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = logging.INFO
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
# Where a request failed, its own line says so, with what it failed of.
_requests: dict[str, Any] = {"level": "CRITICAL" if LOG_FORMAT == "json" else "ERROR"}
# gunicorn writes by itself where nobody else does.
_server: dict[str, Any] = {"handlers": ["console"], "level": "INFO", "propagate": False}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        **({"json": {"()": "newsletter.logs.lines.as_json"}} if LOG_FORMAT == "json" else {}),
    },
    "filters": {
        "rarely": {"()": "newsletter.logs.Rarely"},
        "discreet": {"()": "newsletter.logs.Discreet"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["rarely", "discreet"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO" if DEBUG else "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # Faults of ours: what a client did wrong (400 to 499) would be a line for every robot.
        "django.request": _requests,
        "django_structlog": {"level": "INFO"},
        # Of `runserver`, what went wrong alone: a line for each file would bury what it began with.
        "django.server": {"level": "WARNING"},
        **({"gunicorn.error": _server} if LOG_FORMAT == "json" else {}),
        "django.security.csrf": {"level": "ERROR"},
        "django_tasks": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        # What it cannot read is kept for a person to look at.
        "flufl.bounce": {"level": "CRITICAL"},
    },
}
