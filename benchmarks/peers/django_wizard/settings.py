"""Django as one would run it for speed: no debug, cached templates, kept connections, no unused application."""

import os
from urllib.parse import parse_qs, urlsplit

_url = urlsplit(os.environ["BENCH_DATABASE"])

DEBUG = False
SECRET_KEY = "only for measuring"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.peers.django_wizard.urls"
WSGI_APPLICATION = "benchmarks.peers.django_wizard.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "formtools",
    "benchmarks.peers.django_wizard",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
# A page's save may be lost in a crash, a submission may not: the same promise as the other two (see views.submit).
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _url.path.lstrip("/"),
        "USER": _url.username or "postgres",
        "HOST": parse_qs(_url.query)["host"][0],
        "CONN_MAX_AGE": None,
        "OPTIONS": {"options": "-c synchronous_commit=off -c jit=off"},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_I18N = False
USE_TZ = True
LOGGING_CONFIG = None
