"""Typed readers for settings that come from the environment.

Each reader takes the name of a variable and a default. An unset or empty variable gives the
default; a bad value stops the start with `ImproperlyConfigured`, which names the variable and says
what is allowed, and never repeats a value that may be secret. `NAME_FILE` names a file that holds
the value of `NAME`, as container platforms hand over secrets.
"""

import ipaddress
import os
import re
import zoneinfo
from collections.abc import Container, Sequence
from email.utils import parseaddr
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import dj_database_url
import idna
from django.core.exceptions import ImproperlyConfigured

from newsletter.providers import PROVIDERS, provider_settings

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
LOCAL_MEMORY = "locmem://"
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]]+@[^\s@<>,;:\"()\[\]]+")
PROJECT = Path(__file__).resolve().parent.parent

SQLITE_OPTIONS = {
    # Readers never wait for a writer; a commit is on the disk when it returns. 16 MB of pages are
    # kept per connection: with SQLite's 2 MB an import reads its indexes again and again. The
    # write-ahead log may grow to as much, so that pages changed again and again are copied once.
    # What a savepoint may have to put back is kept in memory: writing it to a temporary file took
    # a twentieth of an import.
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;"
        " PRAGMA cache_size=-16384; PRAGMA wal_autocheckpoint=4000;"
    ),
    # Take the write lock at BEGIN: a transaction that upgrades from reading to writing fails at
    # once with "database is locked", however long the timeout.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
}

_S3_OPTIONS = {
    # Addresses stand in stored pages, so they must not expire.
    "querystring_auth": False,
    "file_overwrite": False,
    # Names say what is in them.
    "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
}

POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,
    # A server that vanished without a word is noticed within a minute.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}


def load_file(path: Path) -> None:
    """Put the `NAME=value` lines of `path` in the environment; what is set already wins.

    A missing file is no error. Blank lines and lines that start with `#` are skipped.
    """
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, found, value = line.strip().partition("=")
        if found and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip())


def text(name: str, default: str = "") -> str:
    """Return the value of `name`, or of the file that `NAME_FILE` names, without outer blanks."""
    value = os.environ.get(name, "").strip()
    file_name = os.environ.get(f"{name}_FILE", "").strip()
    if value and file_name:
        raise ImproperlyConfigured(f"Set either {name} or {name}_FILE, not both.")
    if file_name:
        value = _read_secret(name, file_name)
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
    if value and not _ADDRESS.fullmatch(value) and not _split_address(value, {"https"}):
        raise ImproperlyConfigured(
            f"{name} must be an e-mail address or an address such as https://example.org/contact."
        )
    return value


def secret(name: str, *, shortest: int) -> str:
    """Return a text that nobody can guess, of so many characters at least; "" if unset."""
    value = text(name)
    if value and (len(value) < shortest or not value.isascii() or " " in value):
        # It is not repeated.
        raise ImproperlyConfigured(
            f"{name} must be a random text of at least {shortest} characters without blanks."
        )
    return value


def line(name: str, default: str = "", *, longest: int = 200) -> str:
    """Return a text of one line, for people."""
    value = text(name, default)
    if len(value) > longest or not value.isprintable():
        raise ImproperlyConfigured(f"{name} must be one line of at most {longest} characters.")
    return value


def keys(name: str, default: Sequence[str]) -> list[str]:
    """Return a list of names of header keys, such as `tags`."""
    found = words(name, default)
    for key in found:
        if not re.fullmatch(r"[\w .-]+", key):
            raise ImproperlyConfigured(f"{name} must list names of keys such as tags, not {key!r}.")
    return found


def named(name: str, address: str) -> str:
    """Return an address with a name in front, in quotation marks where that needs some
    (RFC 5322, section 3.4)."""
    is_plain = re.fullmatch(r"[\w !#$%&'*+/=?^`{|}~-]*", name)
    quoted = name if is_plain else '"{}"'.format(re.sub(r'(["\\])', r"\\\1", name))
    return f"{quoted} <{address}>"


def sender(name: str, default: str) -> str:
    """Return whom mail comes from, `me@example.org` or `My name <me@example.org>`."""
    value = text(name, default)
    _shown, address = parseaddr(value)
    is_whole = value == address or value.endswith(f"<{address}>")
    if not (is_whole and value.isprintable() and _ADDRESS.fullmatch(address)):
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
        if host != "*" and not _is_host(host.removeprefix(".")):
            raise ImproperlyConfigured(
                f"{name} must list host names without scheme and port, such as"
                f" news.example.org, not {host!r}."
            )
    return found


def bracketed(host: str) -> str:
    """Return a host as requests name it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def _is_host(host: str) -> bool:
    """Tell whether an ASCII text is a host name or an IP address, IPv6 in brackets."""
    if host.startswith("["):
        try:
            return host.endswith("]") and bool(ipaddress.IPv6Address(host[1:-1]))
        except ValueError:
            return False
    return bool(re.fullmatch(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*", host))


def addresses(name: str) -> list[str]:
    """Return a list of e-mail addresses."""
    found = words(name)
    for address in found:
        if not _ADDRESS.fullmatch(address):
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
    if value and not _is_site_address(value):
        raise ImproperlyConfigured(
            f"{name} must be an address such as https://news.example.org, without user name,"
            " path or query."
        )
    parts = urlsplit(value)
    return parts._replace(netloc=_to_ascii(name, parts.netloc), path="").geturl()


def endpoint(name: str) -> str:
    """Return the http(s) address of a service, which may have a path; "" without one."""
    value = text(name)
    try:
        parts = urlsplit(value)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:
        is_one = False
    if value and (not is_one or parts.fragment or not value.isascii() or " " in value):
        raise ImproperlyConfigured(f"{name} must be an address such as https://hub.example.org/.")
    return value


def _to_ascii(name: str, host: str) -> str:
    """Return a host, with its port or a dot in front, as requests name it (RFC 5891).

    Browsers show `뉴스.example` and ask for `xn--vg1b002a.example`.
    """
    if host.isascii():
        return host
    dot, bare, port = re.fullmatch(r"(\.?)([^:]*)(.*)", host).groups()  # type: ignore[union-attr]
    try:
        return f"{dot}{idna.encode(bare, uts46=True).decode()}{port}"
    except idna.IDNAError:
        raise ImproperlyConfigured(f"{name} must name a host that exists, not {host!r}.") from None


def _is_site_address(value: str) -> bool:
    parts = _split_address(value, {"http", "https"})
    if parts is None or parts.path not in {"", "/"} or re.search(r"[\s?#@\\]", value):
        return False
    host = str(parts.hostname)
    return not host.isascii() or _is_host(bracketed(host))


def _split_address(value: str, schemes: Container[str]) -> SplitResult | None:
    """Return the parts of an address with one of these schemes; None if it is not valid."""
    try:
        parts = urlsplit(value)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return None
    return parts if parts.scheme in schemes and parts.hostname and port_is_valid else None


def time_zone(name: str, default: str = "UTC") -> str:
    """Return the name of a time zone that this machine knows, such as Asia/Seoul."""
    value = text(name, default)
    if value not in zoneinfo.available_timezones():
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
    if PROJECT.is_relative_to(path.resolve()):
        # Its files would be served, replaced or removed with what belongs there.
        raise ImproperlyConfigured(f"{name} must be a folder without the project: {value!r}.")
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
    allowed = f"{name} must be sqlite:///path/to/file or postgres://user:password@host:port/name"
    scheme = value.partition(":")[0]
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{allowed}.")
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(value))
    except ValueError:
        # The message of the library is fine, but the value holds a password: say no more.
        raise ImproperlyConfigured(f"{allowed}, with special characters %-encoded.") from None
    if not config["NAME"] or (config["NAME"] == ":memory:" and ":memory:" not in value):
        raise ImproperlyConfigured(f"{allowed}: the name is missing.")
    options = config.get("OPTIONS", {})
    if unknown := sorted(options.keys() - _options_of(scheme)):
        raise ImproperlyConfigured(f"{allowed}: it knows no option {', '.join(unknown)}.")
    if scheme == "sqlite":
        if config["NAME"] != ":memory:":
            config["NAME"] = str(PROJECT / config["NAME"])
        # Kept per thread: opening the file anew costs more than most pages do.
        return {**config, "OPTIONS": {**SQLITE_OPTIONS, **options}, "CONN_MAX_AGE": None}
    return {
        **config,
        "OPTIONS": {**POSTGRESQL_OPTIONS, **options},
        # Kept per worker thread, looked at before use, so that a restarted server is no error.
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def _options_of(scheme: str) -> set[str]:
    """Return the options that may follow the address of a database."""
    if scheme == "sqlite":
        return {"timeout", "transaction_mode", "init_command"}
    from psycopg.pq import Conninfo  # noqa: PLC0415 (a quarter of a second, for SQLite for nothing)

    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    return known | {"assume_role", "isolation_level", "pool", "server_side_binding"}


def cache(name: str, default: str = LOCAL_MEMORY) -> dict[str, Any]:
    """Return Django's description of a `locmem://` or `redis://host:port/number` cache."""
    value = text(name, default)
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

    `smtp://` turns to TLS with STARTTLS (port 587), but not on port 25 nor on this machine, for a
    relay nearby, nor with `?tls=none`; `smtps://` speaks TLS from the start (465), and
    `console://` prints mail. PROVIDERS are spoken to
    by their own interfaces. Nothing set: an empty answer, and no mail is sent.
    """
    value = text(name).removeprefix("anymail+")
    if not value:
        return {}
    if value == "console://":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if value.partition("://")[0] in PROVIDERS:
        return _provider(name, value)
    try:
        parts = urlsplit(value)
        usual = {"smtp": 587, "smtps": 465}[parts.scheme]
        port = usual if parts.port is None else parts.port
    except (ValueError, KeyError):
        parts, port = urlsplit(""), 0
    is_whole = bool(parts.username) == bool(parts.password)
    is_bare = parts.query == "tls=none" and parts.scheme == "smtp"
    rest = f"{parts.path}{'' if is_bare else parts.query}{parts.fragment}"
    if not (parts.hostname and port and is_whole and rest in {"", "/"}):
        # The value may hold a password: it is not repeated.
        raise ImproperlyConfigured(
            f"{name} must be smtp://user:password@host:port (smtps:// with TLS from the start,"
            " smtp://…?tls=none without), with special characters %-encoded, console://, or the"
            " address of a provider:"
            f" {', '.join(form for form, *_rest in PROVIDERS.values())}."
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp"
        and not (is_bare or port == 25 or _is_here(parts.hostname)),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
    }


def _is_here(host: str) -> bool:
    """Tell whether a host is this machine itself (RFC 1122, RFC 4291)."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
    parts = _split_address(value, {"imap", "imaps"})
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
    """Return Django's description of a bucket that keeps pictures,
    `s3://key:secret@bucket/folder?region=…&endpoint=…&public=…`; nothing set: an empty answer.

    Without key and secret, those are taken that the machine or its role has. `endpoint` is a server
    other than Amazon's; `public` is where browsers get the files from, such as a CDN.
    """
    value = text(name)
    if not value:
        return {}
    parts = _split_address(value, {"s3"})
    told = _told(parts.query) if parts else {"": ""}
    if parts is None or told.keys() - {"region", "endpoint", "public"} or parts.fragment:
        # The value may hold a secret: it is not repeated.
        raise ImproperlyConfigured(
            f"{name} must be s3://key:secret@bucket/folder?region=…, with endpoint=… for a server"
            " other than Amazon's and public=… for where browsers get the files from, special"
            " characters %-encoded."
        )
    if bool(parts.username) != bool(parts.password):
        raise ImproperlyConfigured(f"{name} must have both key and secret, or neither.")
    bucket, region = parts.netloc.rpartition("@")[2], told.get("region")
    endpoint = _service(name, "endpoint", told.get("endpoint", ""))
    amazon = f"https://{bucket}.s3.{region}.amazonaws.com" if region else ""
    public = _service(name, "public", told.get("public", ""))
    public = public or (f"{endpoint}/{bucket}" if endpoint else amazon)
    if not public:
        raise ImproperlyConfigured(f"{name} must say the region of the bucket, or public=….")
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            **_S3_OPTIONS,
            "bucket_name": bucket,
            "location": unquote(parts.path).strip("/"),
            "access_key": unquote(parts.username) if parts.username else None,
            "secret_key": unquote(parts.password) if parts.password else None,
            "region_name": region,
            "endpoint_url": endpoint or None,
            "url_protocol": f"{public.partition('://')[0]}:",
            "custom_domain": public.partition("://")[2],
        },
    }


def _told(query: str) -> dict[str, str]:
    """Return what a query says; something that no setting knows where it cannot be read."""
    try:
        return dict(parse_qsl(query, strict_parsing=True)) if query else {}
    except ValueError:
        return {"": ""}


def origin(storage: dict[str, Any]) -> str:
    """Return the origin from which browsers get the files of a bucket; "" for files on the disk."""
    options = storage.get("OPTIONS", {})
    if "custom_domain" not in options:
        return ""
    return f"{options['url_protocol']}//{options['custom_domain'].partition('/')[0]}"


def _service(name: str, part: str, value: str) -> str:
    """Return an http(s) address in a part of a setting, without trailing slash; "" without one."""
    if not value:
        return ""
    parts = _split_address(value, {"http", "https"})
    if parts is None or parts.username or parts.query or parts.fragment or " " in value:
        raise ImproperlyConfigured(
            f"{name}: {part} must be an address such as https://s3.example.org."
        )
    return value.rstrip("/")


def _is_redis_address(value: str) -> bool:
    parts = _split_address(value, {"redis", "rediss"})
    return parts is not None and bool(re.fullmatch(r"/?|/[0-9]{1,3}", parts.path))
