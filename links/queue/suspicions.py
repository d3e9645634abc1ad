"""Why an address looks suspicious, told from the address and its text alone: pure functions.

A suspicion asks a person to look, and says in words why; it decides nothing. So each rule is one
that people can check with their eyes, and is left out where it would mostly be wrong: a port of its
own (demonstrations and tests have one), an archive or a script to download (nothing runs by being
opened), a domain that merely contains a known name (`awesome-openai.example`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from links.normalizing import (
    AddressError,
    canonicalize,
    has_owners,
    host_of,
    is_name,
    is_number,
    path_of,
    registered_domain,
    source_key,
)
from links.queue.lookalikes import imitated_name, mixes_scripts, shown_name


class Suspicion(NamedTuple):
    """The rule that an address falls under, in a word, and what about it, for people."""

    rule: str
    detail: str = ""


# What each rule says to people; `%(detail)s` is the suspicion's detail.
EXPLANATIONS: Final = {
    "credentials": _(
        "The address begins with “%(detail)s@”, which is no part of the site's name and may pass"
        " for it."
    ),
    "executable": _("It downloads a program: %(detail)s."),
    "leads-elsewhere": _("It leads on to another site: %(detail)s."),
    "leads-to-blocked": _("It leads to an address that is blocked: %(detail)s."),
    "look-alike": _("The site's name can be mistaken for %(detail)s."),
    "mixed-script": _(
        "The site's name mixes letters of several scripts that look alike: %(detail)s."
    ),
    "raw-ip": _("It leads to a number instead of a name: %(detail)s."),
    "shortener": _("A short address of %(detail)s hides where it leads."),
    "text-mismatch": _("Its text names another site than it leads to: %(detail)s."),
}

# Services that make a short address of any address. Those of one site are not here (`youtu.be`,
# `redd.it`, `aka.ms`, `git.io`, `nyti.ms`): they lead nowhere else.
SHORTENERS: Final = frozenset(
    """
    adf.ly bit.do bit.ly bitly.com bl.ink buff.ly clck.ru cutt.ly dlvr.it goo.gl hubs.la hubs.ly
    ift.tt is.gd j.mp kutt.it lnkd.in ow.ly qr.ae rb.gy rebrand.ly s.id short.gy shorturl.at
    soo.gd t.co t.ly t2m.io tiny.cc tinyurl.com tr.im trib.al u.to urlz.fr v.gd w.wiki x.gd
    abit.ly c11.kr han.gl me2.do me2.kr url.kr vo.la zrr.kr
    """.split()
)
# Programs as they are downloaded; scripts are shown, not run. No `.com`, `.app` or `.ps`, which
# end other names too.
_ENDING: Final = (
    r"\.(?:exe|msi|msix|scr|bat|cmd|pif|hta|vbs|vbe|wsf|lnk|reg|cpl|jar|jnlp|ps1|dmg|apk"
    r"|xapk|appimage|deb|rpm|crx|xpi)"
)
_PROGRAM: Final = re.compile(rf"[^/]+{_ENDING}", re.I)
_MAY_NAME_PROGRAM: Final = re.compile(rf"{_ENDING}(?:[?&#]|\Z)", re.I)
# Where a path that ends so is a page about a file: code hosts show files, wikis have articles. What
# a project releases there comes from an owner, who is a source of their own and judged as that.
_CODE_HOSTS: Final = frozenset(
    "github.com gist.github.com gitlab.com codeberg.org bitbucket.org git.sr.ht".split()
)
# What these show is another site's page, or chosen by the name that they resolve.
_CARRIERS: Final = frozenset(
    """
    web.archive.org archive.org archive.ph archive.is archive.today archive.md archive.vn
    doi.org hdl.handle.net purl.org w3id.org
    """.split()
)
# Domains of one house, each as the registered domain that it counts as.
_HOUSES: Final = {
    "redd.it": "reddit.com",
    "googleblog.com": "google.com",
    "withgoogle.com": "google.com",
    "live.com": "microsoft.com",
    "microsoftonline.com": "microsoft.com",
    "fb.com": "facebook.com",
}
_TEXT: Final = re.compile(
    r"[\W_]*?(?P<scheme>https?://)?(?P<host>(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,})"
    r"(?::\d{1,5})?(?P<path>/\S*)?(?P<rest>.*)",
    re.I | re.S,
)
# Endings of files that are top-level domains, too: `lib.rs` and `train.py` name no site.
_FILE_ENDINGS: Final = frozenset("cc md mk ml mm mov pl ps py rs sh so zip".split())
_IS_ADDRESS: Final = re.compile(r"https?://\S+|(?:[\w-]+\.)+[^\W\d_]{2,}/\S*", re.IGNORECASE)
_DECEPTIONS: Final = frozenset(("credentials", "look-alike", "mixed-script"))
# Names that look like domains and are not meant as such.
_NAMES: Final = frozenset("asp.net ado.net vb.net ml.net f#.net".split())


def suspicions(url: str) -> list[Suspicion]:
    """Return what is suspicious about a canonical address; nothing for mail addresses."""
    host = source_key(url)
    return list(_found(url, host)) if host else []


def deceptions(url: str, text: str) -> list[Suspicion]:
    """Return why a reader could take a canonical address with such a text for another."""
    found = [suspicion for suspicion in suspicions(url) if suspicion.rule in _DECEPTIONS]
    # Names of people and firms look like hosts; what deceives is an address that is another one.
    mismatch = text_mismatch(url, text) if _IS_ADDRESS.fullmatch(text.strip()) else None
    return [*found, mismatch] if mismatch else found


def is_short(url: str) -> bool:
    """Tell whether a canonical address is a short one: unhandy, and no sign of anything bad."""
    return source_key(url) in SHORTENERS and path_of(url) != "/"


def _found(url: str, host: str) -> Iterator[Suspicion]:
    if "@" in url and (parts := urlsplit(url)).username:
        yield Suspicion("credentials", unquote(parts.netloc.rpartition("@")[0]))
    yield from _about_host(host)
    if is_short(url):
        yield Suspicion("shortener", host)
    if _MAY_NAME_PROGRAM.search(url) and (program := _program(host, urlsplit(url))):
        yield Suspicion("executable", program)


@lru_cache(maxsize=2048)
def _about_host(host: str) -> tuple[Suspicion, ...]:
    if is_number(host):
        return (Suspicion("raw-ip", host),)
    if name := imitated_name(host):
        return (Suspicion("look-alike", name),)
    return (Suspicion("mixed-script", shown_name(host)),) if mixes_scripts(host) else ()


def _program(host: str, parts: SplitResult) -> str:
    """The name of the program that an address downloads; "" if it downloads none."""
    if "/wiki/" in parts.path or (host in _CODE_HOSTS and "/raw/" not in parts.path):
        return ""
    named = [parts.path.rpartition("/")[2]]
    named += [piece.partition("=")[2].rpartition("/")[2] for piece in parts.query.split("&")]
    return next((unquote(name) for name in named if _PROGRAM.fullmatch(name)), "")


def text_mismatch(url: str, text: str) -> Suspicion | None:
    """Return a suspicion if `text` names another site than the canonical address leads to.

    A text names a site if it begins with an address (`https://…`, `www.…`, `example.org/path`) or
    is a domain and nothing else. `crates.io: what is new` is about a site and need not lead there;
    nor need the name of a site that leads to its page where many have one (`lmarena.ai` on x.com).
    """
    host = source_key(url)
    match = _TEXT.match(text) if host and "." in text else None
    if match is None or host in _CARRIERS or not _is_claim(match, host):
        return None
    named = _host_named(match)
    if not named or _house(named) == _house(host):
        return None
    return Suspicion("text-mismatch", f"{named} → {host_of(url)}")


def _is_claim(match: re.Match[str], host: str) -> bool:
    """Whether a text says that it is an address, not only a name or a file."""
    name = match["host"]
    if match["rest"][:1] == "…" or match["rest"].startswith(".."):
        return False  # cut off in the middle of a name
    if match["scheme"] or match["path"] or name[:4].lower() == "www.":
        return True
    ending = name.rpartition(".")[2]
    is_word = name.lower() in _NAMES or ending.lower() in _FILE_ENDINGS
    shouted = ending.isupper() and not name.isupper()
    goes_on = any(char.isalnum() for char in match["rest"])
    return not (is_word or shouted or goes_on or has_owners(host))


def _host_named(match: re.Match[str]) -> str:
    """The site that a text names, as identity knows it; "" if there can be none of that name."""
    try:
        named = source_key(canonicalize(f"https://{match['host']}{match['path'] or '/'}"))
    except AddressError:
        return ""
    return named if is_name(named) else ""


def leads_elsewhere(url: str, final_url: str) -> Suspicion | None:
    """Return a suspicion if a canonical address was found to lead on to another site.

    Names that exist to be resolved (`doi.org`) may lead anywhere. `final_url` is any address.
    """
    try:
        final = source_key(canonicalize(final_url))
    except AddressError:
        return None
    host = source_key(url)
    if not host or not final or host in _CARRIERS or _house(host) == _house(final):
        return None
    return Suspicion("leads-elsewhere", host_of(canonicalize(final_url)))


def about_target(url: str, final_url: str) -> list[Suspicion]:
    """Return what is suspicious about where a canonical address was found to lead.

    A short address leads to another site by its nature; so it is judged by the address there.
    """
    if not is_short(url):
        return [found] if (found := leads_elsewhere(url, final_url)) else []
    try:
        return [s for s in suspicions(canonicalize(final_url)) if s.rule != "shortener"]
    except AddressError:
        return []


def _house(host: str) -> str:
    domain = registered_domain(host)
    return _HOUSES.get(domain, domain)


def explain(rule: str, detail: str = "") -> str:
    """Return for people, in the active language, what a rule found.

    A rule that is not known here (of a later version) gives its detail, or else its word.
    """
    sentence = EXPLANATIONS.get(rule)
    return str(sentence) % {"detail": detail} if sentence else detail or rule
