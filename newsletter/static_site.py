"""The public site as files: every answer that readers get without a query, to the byte.

Pages are found by their links, from the first page and the sitemap on. Forms, and what else is made
for one reader, stay with the live site: files lead there. A build goes into a folder of its own
beside the last one; of what did not change it gets a hard link. Then one rename of a symbolic link
makes it the site, so that nobody ever sees half of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from html import escape, unescape
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils._os import safe_join

from links.models import DIGEST_LENGTH, FormerKey
from mailing.counting.feeds import OURS
from posts.models import AuthorAlias, OldPageSlug, OldSlug, RecurringSection, Redirect, TagAlias
from posts.searching import shards
from posts.site.version import current

ENTRANCES = ("/", "/sitemap.xml", "/robots.txt", "/llms.txt", "/favicon.ico")
NOWHERE = "/404.html"
# What only a program that answers can give.
LIVE = ("/admin/", "/api/", "/collect/", "/healthz", "/links/random/", "/preview/", "/search/")
SEARCH = "/search/"
PROGRAMS = (SEARCH, "/links/random/", "/links/item/")  # which take a query, or change
TRIES = 3
LONGEST_BUILD = 24 * 3600  # seconds; what is older and no site was left by one that was killed
BESIDE = (".json", ".link")
LONGEST_NAME = 255  # bytes, of most file systems
MOVED = (
    '<!doctype html><html><head><meta charset="utf-8"><title>→</title>'
    '<link rel="canonical" href="{0}"><meta http-equiv="refresh" content="0; url={0}"></head>'
    '<body><a href="{0}">{0}</a></body></html>'
)


class BuildError(Exception):
    """A build that cannot be; the last one stays."""


class Files:
    """The folder of one build, filled with what changed and links to what did not."""

    def __init__(self, folder: Path) -> None:
        if folder.exists() and not folder.is_symlink():
            raise BuildError(f"{folder} is there already, and was not built by this command.")
        self.folder = folder
        self.named = re.compile(rf"(\.{re.escape(folder.name)}-[0-9a-f]{{16}})(\.json|\.link)?")
        self.last = folder.resolve() if folder.exists() else None
        self.new = folder.parent.resolve() / f".{folder.name}-{secrets.token_hex(8)}"
        self.new.mkdir(parents=True)
        self._sweep()
        known = self.last and _beside(self.last, ".json")
        self.before: dict[str, str] = (
            json.loads(known.read_bytes()) if known and known.exists() else {}
        )
        self.digests: dict[str, str] = {}
        self.written: list[str] = []

    def add(self, name: str, content: bytes | Path) -> bool:
        """Add a file by its path in the site; tell whether it had to be written."""
        if isinstance(content, Path):
            stat = content.stat()
            digest = f"{stat.st_size}-{stat.st_mtime_ns}"
        else:
            digest = hashlib.sha256(content).hexdigest()
        self.digests[name] = digest
        place = Path(safe_join(str(self.new), name))
        place.parent.mkdir(parents=True, exist_ok=True)
        old = self.last / name if self.last else None
        if old and self.before.get(name) == digest and old.is_file():
            os.link(old, place)
            return False
        if isinstance(content, Path):
            shutil.copyfile(content, place)
        else:
            place.write_bytes(content)
        self.written.append(name)
        return True

    def switch(self) -> int:
        """Make this build the site; return how many files of the last one are gone."""
        _beside(self.new, ".json").write_text(json.dumps(self.digests))
        link = _beside(self.new, ".link")
        link.symlink_to(self.new.name)
        link.replace(self.folder)
        if self.last:
            self._remove(self.last)
        return len(self.before.keys() - self.digests.keys())

    def discard(self) -> None:
        """Take back what was not switched to."""
        self._remove(self.new)

    def _sweep(self) -> None:
        """Remove what builds left behind that were killed long ago."""
        before = time.time() - LONGEST_BUILD
        for file in list(self.new.parent.iterdir()):
            found = self.named.fullmatch(file.name)
            if not found or file.with_name(found[1]) == self.last:
                continue
            with suppress(FileNotFoundError):  # another build may be removing it, too
                if file.lstat().st_mtime < before:
                    self._remove(file.with_name(found[1]))

    @staticmethod
    def _remove(build: Path) -> None:
        shutil.rmtree(build, ignore_errors=True)
        for ending in BESIDE:
            _beside(build, ending).unlink(missing_ok=True)


def _beside(build: Path, ending: str) -> Path:
    """Return the file of a build that stands beside its folder; the folder's name may have dots."""
    return build.with_name(f"{build.name}{ending}")


class Site:
    """Asks the public site for what a reader may get, and follows its links."""

    def __init__(self, live: str) -> None:
        self.live = live
        self.handler = BaseHandler()
        self.handler.load_middleware()
        own = re.escape(settings.SITE_URL)
        self.links = re.compile(f'(?:(?:href|src)="|<loc>{own}|"{own})(/[^"#?<]*)'.encode())
        # Wherever it stands, such as among the sizes of a picture.
        self.uploads = re.compile(f'{re.escape(settings.MEDIA_URL)}[^"\\s,<?#]+'.encode())
        # What a file cannot take, the live site does.
        self.forms = re.compile(rb'(<form [^>]*method="post" action="|href="(?=/subscribe/\?))/')
        self.media: set[str] = set()
        ours = (*PROGRAMS, *(["/report/"] if settings.READERS_FORMS else []))
        self.redirects = {path: (f"{live}{path}", 301) for path in ours}

    def ask(self, path: str) -> HttpResponseBase:
        """Return the answer to a GET of a decoded path."""
        parts = urlsplit(settings.SITE_URL)
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path.encode().decode("latin-1"),
            "QUERY_STRING": "",
            "SERVER_NAME": parts.hostname,
            "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
            "HTTP_HOST": parts.netloc,
            "HTTP_X_FORWARDED_PROTO": parts.scheme,
            "wsgi.url_scheme": parts.scheme,
            "wsgi.input": BytesIO(),
            OURS: True,
        }
        return self.handler.get_response(WSGIRequest(environ))

    def pages(self) -> Iterator[tuple[str, bytes]]:
        """Yield the path and body of every page; keep what leads elsewhere for ``redirects``."""
        seen = {*ENTRANCES, *_old_addresses()}
        waiting = list(seen)
        while waiting:
            path = waiting.pop()
            response = self.ask(path)
            if response.status_code in (301, 302):
                self.redirects[path] = (response.headers["Location"], response.status_code)
            elif response.status_code == 200 and _is_public(response) and _has_file(path):
                body: bytes = b"".join(response)
                yield path, self.forms.sub(rb"\g<1>%s/" % self.live.encode(), body)
                new = self._linked(body) - seen
                seen |= new
                waiting += new
            elif response.status_code != 404:
                if response.status_code != 200:
                    raise BuildError(f"{path} answers {response.status_code}.")
                self.redirects[path] = (f"{self.live}{quote(path)}", 301)
        yield NOWHERE, b"".join(self.ask(NOWHERE))

    def _linked(self, body: bytes) -> set[str]:
        """Return the paths that a page leads to; keep those of uploads."""
        found = {unquote(unescape(path.decode())) for path in set(self.links.findall(body))}
        self.media |= {unquote(path.decode()) for path in set(self.uploads.findall(body))}
        apart = (settings.MEDIA_URL, settings.STATIC_URL, "//", *LIVE)
        return {path for path in found if not path.startswith(apart)}


def _is_public(response: HttpResponseBase) -> bool:
    kept = response.headers.get("Cache-Control", "")
    return "private" not in kept and "no-store" not in kept


def _has_file(path: str) -> bool:
    """Tell whether a path can be that of a file in the folder: servers go by its ending."""
    _root, *parts, last = path.split("/")
    fits = all(0 < len(part.encode()) <= LONGEST_NAME for part in (*parts, last or "index.html"))
    return fits and not {".", ".."} & {*parts, last} and (not last or "." in last)


def _old_addresses() -> Iterator[str]:
    """Yield the paths that lead to others, which nobody links to any more."""
    for slug in OldSlug.objects.values_list("slug", flat=True):
        yield f"/posts/{slug}/"
    for slug in TagAlias.objects.values_list("slug", flat=True):
        yield f"/tags/{slug}/"
    for name in AuthorAlias.objects.exclude(slug=None).values_list("slug", flat=True):
        yield f"/authors/{name}/"
    for slug in OldPageSlug.objects.values_list("slug", flat=True):
        yield f"/{slug}/"
    for key in FormerKey.objects.values_list("key", flat=True):
        yield f"/links/{key[:DIGEST_LENGTH]}/"
    merged = RecurringSection.objects.exclude(merged_into=None)
    for slug in merged.values_list("slug", flat=True):
        yield f"/sections/{slug}/"
    yield from Redirect.objects.exclude(old__contains="?").values_list("old", flat=True)


def name_of(path: str) -> str:
    """Return the file of an address, relative to the folder of all."""
    return f"{path}index.html".removeprefix("/") if path.endswith("/") else path.removeprefix("/")


def build(folder: Path, live: str, *, search: bool = True) -> Iterator[tuple[str, bool]]:
    """Build the site; yield each file and whether it was written.

    Without ``search`` that stays with the live site. Begins anew where something was saved
    meanwhile, so that all files are of one moment. Raises BuildError.
    """
    for _ in range(TRIES):
        version, files = current(), Files(folder)
        try:
            yield from _fill(files, Site(live), search)
            if current() == version:
                files.switch()
                return
        except BaseException:
            files.discard()
            raise
        files.discard()
    raise BuildError("Something was saved each time while the site was read. Try again.")


def _fill(files: Files, site: Site, search: bool) -> Iterator[tuple[str, bool]]:
    for path, body in site.pages():
        yield path, files.add(name_of(path), body)
    for path in filter(_has_file, sorted(site.media)):
        source = Path(safe_join(str(settings.MEDIA_ROOT), path.removeprefix(settings.MEDIA_URL)))
        if source.is_file():
            yield path, files.add(name_of(path), source)
    for path, source in _static_files():
        yield path, files.add(name_of(path), source)
    for path, body in _search(site) if search else ():
        yield path, files.add(name_of(path), body)
    for path, (target, _status) in sorted(site.redirects.items()):
        if path.endswith("/") and _has_file(path):
            yield path, files.add(name_of(path), MOVED.format(escape(target)).encode())
    leads = sorted(site.redirects.items())
    lines = [f"{quote(path)} {target} {status}\n" for path, (target, status) in leads]
    yield "/_redirects", files.add("_redirects", "".join(lines).encode())


def _search(site: Site) -> Iterator[tuple[str, bytes]]:
    """Yield the page of search, with a script that finds, and the index that this reads."""
    target, _status = site.redirects.pop(SEARCH)
    finding = render_to_string("posts/static_search.html", {"root": SEARCH, "live": target})
    page = b"".join(site.ask(SEARCH))
    yield SEARCH, page.replace(b"</main>", finding.encode() + b"</main>")
    yield from ((f"{SEARCH}{name}", body) for name, body in shards.files(timezone.now()))


def _static_files() -> Iterator[tuple[str, Path]]:
    """Yield the static files of public pages: their addresses and where they are."""
    for name, place in _stored() if settings.DEBUG else _collected():
        if "admin" not in Path(name).parts and not name.endswith((".br", ".gz", ".json")):
            yield f"{settings.STATIC_URL}{name}", place


def _collected() -> Iterator[tuple[str, Path]]:
    root = Path(settings.STATIC_ROOT)
    if not root.is_dir():
        raise BuildError("There are no static files yet: run `manage.py collectstatic` before.")
    return ((f.relative_to(root).as_posix(), f) for f in sorted(root.rglob("*")) if f.is_file())


def _stored() -> Iterator[tuple[str, Path]]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            yield name, Path(storage.path(name))
