"""Typed readers for settings that come from the environment.

Each reader takes the name of a variable and a default. An unset or empty variable gives the
default; a bad value stops the start with `ImproperlyConfigured`, which names the variable and says
what is allowed, and never repeats a value that may be secret. `NAME_FILE` names a file that holds
the value of `NAME`, as container platforms hand over secrets.
"""

import os
import re
import zoneinfo
from collections.abc import Sequence
from email.utils import parseaddr
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured

from newsletter.buckets import bucket_settings
from newsletter.databases import PROJECT, database_settings
from newsletter.hosts import is_site_address, is_site_host, split_address, to_ascii
from newsletter.providers import PROVIDERS, provider_settings, smtp_settings

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
LOCAL_MEMORY = "locmem://"
QUOTES = ("'", '"')
# Of the project, which hold its code and what belongs to it.
OURS = frozenset(
    ".ci .git .venv backups benchmarks deploy docs links locale locale-libraries mailing"
    " newsletter notices posts static tasks templates tests vendor".split()
)
# Of redis-py, after an address with TLS. What it does not know would fail at each use.
TLS_OPTIONS = frozenset(
    {"ssl_ca_certs", "ssl_cert_reqs", "ssl_certfile", "ssl_check_hostname", "ssl_keyfile"}
)
# What is read: whoever misspells a name is told (newsletter/doctor/contradictions.py).
KNOWN = set[str]()
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]]+@[^\s@<>,;:\"()\[\]]+")
# What a shell would have put something else in the place of; systemd and Docker do not.
_UNFILLED = re.compile(r"\$(\(.*\)|\{.*\}|[A-Za-z_]+)")


def load_file(path: Path) -> None:
    """Put the `NAME=value` lines of `path` in the environment; what is set already wins.

    A missing file is no error. Blank lines and lines that start with `#` are skipped; `export` in
    front and quotation marks around a value are the shell's, and left out.
    """
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, found, value = line.strip().partition("=")
        if found and not name.startswith("#"):
            bare = value.strip()
            bare = bare[1:-1] if _is_quoted(bare) else bare
            os.environ.setdefault(name.removeprefix("export ").strip(), bare)


def _is_quoted(value: str) -> bool:
    return len(value) > 1 and value[0] == value[-1] and value[0] in QUOTES


def text(name: str, default: str = "") -> str:
    """Return the value of `name`, or of the file that `NAME_FILE` names, without outer blanks."""
    KNOWN.add(name)
    value = os.environ.get(name, "").strip()
    file_name = os.environ.get(f"{name}_FILE", "").strip()
    if value and file_name:
        raise ImproperlyConfigured(f"Set either {name} or {name}_FILE, not both.")
    if file_name:
        value = _read_secret(name, file_name)
    elif _UNFILLED.fullmatch(value):
        raise ImproperlyConfigured(
            f"{name} must be the value itself: nothing fills in $(…), ${{…}} or $NAME here."
        )
    return value or default


def _read_secret(name: str, file_name: str) -> str:
    try:
        value = Path(file_name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE must name a readable text file: {error}") from None
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE names an empty file; it must hold a value.")
    return value


def contact(name: str) -> str:
    """Return where to write to: an e-mail address, or an https address with a form; "" if unset."""
    value = text(name)
    if value and not _is_address(value) and not split_address(value, {"https"}):
        raise ImproperlyConfigured(
            f"{name} must be an e-mail address or an address such as https://example.org/contact."
        )
    return value


def secret(name: str, *, shortest: int) -> str:
    """Return a text that nobody can guess, of so many characters at least; "" if unset."""
    value = text(name)
    is_plain = value.isascii() and " " not in value and not _is_quoted(value)
    if value and (len(value) < shortest or not is_plain):
        # It is not repeated.
        raise ImproperlyConfigured(
            f"{name} must be a random text of at least {shortest} characters, without blanks and"
            " quotation marks around it."
        )
    return value


def line(name: str, default: str = "", *, longest: int = 200) -> str:
    """Return a text of one line, for people."""
    value = text(name, default)
    if len(value) > longest or not value.isprintable() or _is_quoted(value):
        raise ImproperlyConfigured(
            f"{name} must be one line of at most {longest} characters, without quotation marks"
            " around it."
        )
    return value


def keys(name: str, default: Sequence[str]) -> list[str]:
    """Return a list of names of header keys, such as `tags`."""
    found = words(name, default)
    for key in found:
        if not re.fullmatch(r"[\w .-]+", key):
            raise ImproperlyConfigured(f"{name} must list names of keys such as tags, not {key!r}.")
    return found


def _is_address(value: str) -> bool:
    """Tell whether a text is an e-mail address at a host that may be."""
    try:
        return bool(_ADDRESS.fullmatch(value)) and is_site_host(to_ascii(value.partition("@")[2]))
    except ValueError:
        return False


def sender(name: str, default: str) -> str:
    """Return whom mail comes from, `me@example.org` or `My name <me@example.org>`."""
    value = text(name, default)
    _shown, address = parseaddr(value)
    is_whole = value == address or value.endswith(f"<{address}>")
    if not (is_whole and value.isprintable() and _is_address(address)):
        raise ImproperlyConfigured(
            f"{name} must be an e-mail address such as me@example.org or News <me@example.org>."
        )
    return value


def flag(name: str, *, default: bool = False) -> bool:
    """Return a switch: 1, true, yes, on or 0, false, no, off, in any case."""
    value = text(name).lower()
    if not value:
        return default
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")
    return value in TRUE


def integer(name: str, default: int, *, minimum: int = 0, maximum: int | None = None) -> int:
    """Return a whole number from `minimum` to `maximum`, both included."""
    value = text(name)
    if not value:
        return default
    allowed = f"a whole number of at least {minimum}"
    if maximum is not None:
        allowed = f"a whole number from {minimum} to {maximum}"
    # ASCII only, and short: int() reads "1_000" and other digits too, and is slow on long ones.
    if not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise ImproperlyConfigured(f"{name} must be {allowed}, not {value!r}.")
    number = int(value)
    if number < minimum or (maximum is not None and number > maximum):
        raise ImproperlyConfigured(f"{name} must be {allowed}, not {number}.")
    return number


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """Return the parts of a comma-separated list, without blanks and empty parts."""
    value = text(name)
    if not value:
        return list(default)
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if not parts:
        raise ImproperlyConfigured(f"{name} must be a comma-separated list, not {value!r}.")
    return parts


def hosts(name: str, default: Sequence[str] = ()) -> list[str]:
    """Return a list of host names as Django's `ALLOWED_HOSTS` takes them, in ASCII.

    An address with its scheme or port, the usual slip, would match no request at all.
    """
    found = [_to_ascii(name, host) for host in words(name, default)]
    for host in found:
        if host != "*" and not is_site_host(host.removeprefix(".")):
            raise ImproperlyConfigured(
                f"{name} must list host names without scheme and port, such as"
                f" news.example.org, not {host!r}."
            )
    return found


def addresses(name: str) -> list[str]:
    """Return a list of e-mail addresses."""
    found = words(name)
    for address in found:
        if not _is_address(address):
            raise ImproperlyConfigured(
                f"{name} must list e-mail addresses such as me@example.org, not {address!r}."
            )
    return found


def choice(name: str, allowed: Sequence[str], default: str) -> str:
    """Return one of the words in `allowed`."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def url(name: str, default: str = "") -> str:
    """Return the http(s) address of a site, without path and trailing slash."""
    value = text(name, default)
    if value and not is_site_address(value):
        raise ImproperlyConfigured(
            f"{name} must be an address such as https://news.example.org, without user name,"
            " path or query."
        )
    parts = urlsplit(value)
    return parts._replace(netloc=_to_ascii(name, parts.netloc), path="").geturl()


def endpoint(name: str) -> str:
    """Return the http(s) address of a service, which may have a path; "" without one."""
    value = text(name)
    parts = split_address(value, {"http", "https"})
    is_one = parts is not None and not parts.username and not parts.fragment
    if value and (not is_one or not value.isascii() or " " in value):
        raise ImproperlyConfigured(f"{name} must be an address such as https://hub.example.org/.")
    return value


def _to_ascii(name: str, host: str) -> str:
    try:
        return to_ascii(host)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must name a host that exists, not {host!r}.") from None


def time_zone(name: str, default: str = "UTC") -> str:
    """Return the name of a time zone that this machine knows, such as Asia/Seoul."""
    value = text(name, default)
    # Two of its names are no zone: that of this machine, and the one of a machine never set up.
    if value not in zoneinfo.available_timezones() - {"localtime", "Factory"}:
        raise ImproperlyConfigured(
            f"{name} must be a time zone of the IANA database, such as UTC or Asia/Seoul,"
            f" not {value!r}."
        )
    return value


def folder(name: str, default: Path) -> Path:
    """Return an absolute folder; it need not exist yet, but must not be a file."""
    value = text(name)
    if not value:
        return default
    path = Path(value)
    if not path.is_absolute() or (path.exists() and not path.is_dir()):
        raise ImproperlyConfigured(f"{name} must be the absolute path of a folder, not {value!r}.")
    there = path.resolve()
    is_code = any(there.is_relative_to(PROJECT / ours) for ours in OURS)
    if PROJECT.is_relative_to(there) or is_code:
        # Its files would be served, replaced or removed with what belongs there.
        raise ImproperlyConfigured(
            f"{name} must be a folder apart from the project's own, not {value!r}."
        )
    return path


def theme(name: str) -> Path | None:
    """Return the folder of a theme, which holds `templates` or `static` or both; None without."""
    value = text(name)
    if not value:
        return None
    path = Path(value)
    has_parts = any((path / part).is_dir() for part in ("templates", "static"))
    if not path.is_absolute() or not has_parts:
        raise ImproperlyConfigured(
            f"{name} must be the absolute path of a folder with a folder `templates` or `static`"
            f" in it, not {value!r}."
        )
    return path


def database(name: str, default: str) -> dict[str, Any]:
    """Return Django's description of a `sqlite:///path` or `postgres://…` database.

    A path that is not absolute begins in the folder of the project, wherever a command was started.
    """
    return database_of(name, text(name, default))


def database_of(name: str, value: str) -> dict[str, Any]:
    """Return Django's description of the database that a value of the setting ``name`` says."""
    try:
        return database_settings(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be {error}.") from None


def cache(name: str) -> dict[str, Any]:
    """Return Django's description of a `locmem://` or `redis://host:port/number` cache."""
    value = text(name, LOCAL_MEMORY)
    if value == LOCAL_MEMORY:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if not _is_redis_address(value):
        raise ImproperlyConfigured(
            f"{name} must be {LOCAL_MEMORY} or redis://host:port/number (rediss:// with TLS)."
        )
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": value,
        "KEY_PREFIX": "newsletter",
        # A cache that does not answer must cost less than what it saves.
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }


def mail(name: str) -> dict[str, Any]:
    """Return Django's `EMAIL_…` settings for an `smtp://user:password@host:port` server.

    `console://` prints mail on standard error, and PROVIDERS are spoken to
    by their own interfaces. Nothing set: an empty answer, and no mail is sent.
    """
    value = text(name).removeprefix("anymail+")
    if not value:
        return {}
    if value == "console://":
        return {"EMAIL_BACKEND": "newsletter.printing.PrintedMail"}
    if value.partition("://")[0] in PROVIDERS:
        return _provider(name, value)
    try:
        return smtp_settings(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be {error}.") from None


def _provider(name: str, value: str) -> dict[str, Any]:
    """Return the settings for a provider that the value names."""
    if find_spec("anymail") is None:
        raise ImproperlyConfigured(
            f"{name} names a provider, which needs django-anymail: run"
            " `pip install --require-hashes -r requirements-providers.txt`."
        )
    try:
        return provider_settings(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be {error}, all %-encoded.") from None


def mailbox(name: str) -> str:
    """Return where mail for bounces is read: `imaps://user:password@host/INBOX` or `maildir:///…`.

    `imap://`, which says the password to the whole way, is for a server on this machine.
    """
    value = text(name)
    if not value:
        return ""
    parts = split_address(value, {"imap", "imaps"})
    is_server = parts is not None and bool(parts.username and parts.password)
    if parts is not None and parts.scheme == "imap":
        is_server = is_server and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    is_folder = bool(re.fullmatch(r"maildir:///[^?#\0]+", value))
    if not (is_server or is_folder) or (parts is not None and (parts.query or parts.fragment)):
        # The value may hold a password: it is not repeated.
        raise ImproperlyConfigured(
            f"{name} must be imaps://user:password@host/INBOX, with special characters %-encoded,"
            " or maildir:///path/of/a/folder."
        )
    return value


def tasks(name: str, default: str = "database") -> dict[str, Any]:
    """Return the library's description of a task queue.

    `database` keeps tasks there; with `redis://host:port/number` Redis also wakes workers at once;
    `immediate` runs each where it is enqueued, without a worker.
    """
    value = text(name, default)
    if value in {"database", "immediate"}:
        module = {"database": "database.DatabaseBackend", "immediate": "inline.InlineBackend"}
        return {"BACKEND": f"tasks.backends.{module[value]}"}
    if not _is_redis_address(value):
        raise ImproperlyConfigured(
            f"{name} must be database, redis://host:port/number (rediss:// with TLS) or immediate."
        )
    return {"BACKEND": "tasks.backends.redis.RedisBackend", "OPTIONS": {"url": value}}


def storage(name: str) -> dict[str, Any]:
    """Return Django's description of a bucket that keeps pictures; nothing set: an empty answer."""
    value = text(name)
    try:
        return bucket_settings(value) if value else {}
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} {error}.") from None


def _is_redis_address(value: str) -> bool:
    parts = split_address(value, {"redis", "rediss"})
    if parts is None or parts.fragment or not re.fullmatch(r"/?|/[0-9]{1,3}", parts.path):
        return False
    known = TLS_OPTIONS if parts.scheme == "rediss" else frozenset[str]()
    return dict(parse_qsl(parts.query, keep_blank_values=True)).keys() <= known
