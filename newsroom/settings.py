"""Settings of the site, from environment variables and safe by default.

README.md has the table of variables. A value that cannot be read stops the start
with a line that names the variable.
"""

import secrets
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError, validate
from whitenoise.compress import Compressor

BASE_DIR = Path(__file__).resolve().parent.parent


def generated_secret_key(folder: Path) -> str:
    """Return the key kept in `folder`, making it on the first start.

    Only the embedded run uses it: one machine, one folder, nobody to hand it out.
    """
    path = folder / "secret-key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Written whole under another name first, so that two starts at the same
            # moment end up with one key and a kill leaves no empty file.
            draft = folder / f".secret-key-{secrets.token_hex(4)}"
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(50))
            try:
                path.hardlink_to(draft)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{folder} is not writable ({error.strerror}). Give this account the "
            "folder, or set VAR_DIR to one it may write to."
        ) from error


env = Env()
try:
    DEBUG = env.bool("DEBUG", False)
    HTTPS = env.bool("HTTPS", not DEBUG)
    VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var"))).resolve()
    database = env.dj_db_url("DATABASE_URL") if env.str("DATABASE_URL", "") else None
    database_pool_size = env.int("DATABASE_POOL_SIZE", 8, validate=validate.Range(1))
    # Whether statements may be prepared on a connection and used there again.
    database_prepares = env.bool("DATABASE_PREPARES", True)
    SECRET_KEY = env.str("SECRET_KEY", None)
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
    # Names under which the site, or one it took over, was known: links to them that
    # are followed here lead to their stories. Its present names need not be told.
    OLD_HOSTS = env.list("OLD_HOSTS", [], subcast=str.strip)
    CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [])
    trusts_proxy = env.bool("BEHIND_PROXY", False)
    hsts_seconds = env.int("HSTS_SECONDS", 365 * 24 * 3600)
    TIME_ZONE = env.str("TIME_ZONE", "UTC")
    ZoneInfo(TIME_ZONE)
    SITE_NAME = env.str("SITE_NAME", "Newsroom")
    # The language of the interface, one for all readers; texts have their own.
    LANGUAGE_CODE = env.str(
        "SITE_LANGUAGE", "en-gb", validate=validate.OneOf(["en-gb", "de"])
    )
    # How long e-mail and IP addresses of commenters are kept; 0: not at all.
    CONTACT_DAYS = env.int("CONTACT_DAYS", 0, validate=validate.Range(0))
    # Which of a WordPress site's terms become sections; the others become topics.
    SECTIONS_FROM = env.str(
        "SECTIONS_FROM",
        "category",
        validate=validate.OneOf(["category", "tag", "none"]),
    )
    # How much editors may upload at once; the command line takes any file.
    UPLOAD_MAX_BYTES = env.int(
        "UPLOAD_MAX_BYTES", 2 * 1024**3, validate=validate.Range(1)
    )
    # How many pages each process keeps.
    PAGE_CACHE = env.int("PAGE_CACHE", 0 if DEBUG else 1000, validate=validate.Range(0))
    shared_cache = env.dj_cache_url("CACHE_URL") if env.str("CACHE_URL", "") else None
    # How long browsers, proxies and CDNs may show a page without asking, and how much
    # longer while they ask, in seconds.
    PAGE_MAX_AGE = env.int("PAGE_MAX_AGE", 60, validate=validate.Range(0))
    PAGE_STALE_AGE = env.int("PAGE_STALE_AGE", 600, validate=validate.Range(0))
    log_level = env.log_level("LOG_LEVEL", "INFO")
except (EnvError, ValueError, ZoneInfoNotFoundError) as error:
    raise ImproperlyConfigured(f"Setting cannot be read: {error}") from error

# The embedded PostgreSQL serves only when no other database is named.
EMBEDDED_POSTGRES = VAR_DIR / "postgres" if database is None else None
if not SECRET_KEY:
    if not EMBEDDED_POSTGRES:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. With DATABASE_URL it is required: a long random "
            "text, the same for every process of the site."
        )
    SECRET_KEY = generated_secret_key(VAR_DIR)

if database is None:
    database = {"NAME": "newsroom"}
elif database["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured(
        "DATABASE_URL must start with postgresql:// (Newsroom runs on PostgreSQL)."
    )
DATABASES = {
    "default": {
        **database,
        # Django's own, plus the embedded server and a clear word when there is none.
        "ENGINE": "newsroom.postgres",
        # A new connection costs ten times a query, so each process keeps its own.
        "OPTIONS": {
            "prepare_threshold": 5 if database_prepares else None,
            **database.get("OPTIONS", {}),
            "pool": {"min_size": 1, "max_size": database_pool_size, "timeout": 10},
        },
    }
}
LOCAL_CACHE = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": shared_cache or {"BACKEND": LOCAL_CACHE},
    # Readers' pages; see newsroom/caching.
    "pages": {
        "BACKEND": LOCAL_CACHE,
        "LOCATION": "pages",
        "OPTIONS": {"MAX_ENTRIES": max(PAGE_CACHE, 1)},
    },
}
SHARES_PAGES = shared_cache is not None
if CACHES["default"]["BACKEND"].endswith(".RedisCache"):
    # A page is made anew in less time than a dead server would be waited for.
    CACHES["default"].setdefault("OPTIONS", {}).update(
        socket_connect_timeout=0.25, socket_timeout=0.25
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "newsroom",
    "newsroom.archive",
    "articles",
    "comments",
    "django_prose_editor",
    "django_filters",
    "django_tasks",
    "django_tasks_db",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # A page that has not changed is answered 304.
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]
# Imports run in a process of their own: manage.py db_worker.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"
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
                "newsroom.context.site",
            ],
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
# The words in the code are English: to look them up takes a fifth of a page's time.
USE_I18N = LANGUAGE_CODE != "en-gb"
LOCALE_PATHS = [BASE_DIR / "newsroom/locale"]
FORMAT_MODULE_PATH = ["newsroom.formats"]

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "media"},
    },
    # Files that were taken in, as they came. They are never served.
    "sources": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": VAR_DIR / "sources",
            "base_url": None,
            "directory_permissions_mode": 0o700,
            "file_permissions_mode": 0o600,
        },
    },
    "staticfiles": {"BACKEND": "newsroom.static_files.StaticFiles"},
}
# Source maps are large and for developers; compressing them would take half the time.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = hsts_seconds if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
if trusts_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": log_level},
}
