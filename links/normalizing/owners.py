"""Owners on hosts that many people share: whose page an address is, told from its path alone.

On `github.com` the site says little about who wrote something; the owner of the repository does.
So a source is an owner where the host is known to give each owner the beginning of a path.
"""

import re
from typing import Final

_NAME: Final = r"([\w.-]+)(?=/|$)"
# Pages of the site itself, which stand where an owner's name would.
_GITHUB: Final = (
    "about apps blog collections codespaces contact customer-stories dashboard enterprise events"
    " explore features issues join login logout marketplace new notifications organizations pricing"
    " pulls readme search security settings site sponsors stars team topics trending users"
)
_HUGGING_FACE: Final = (
    "blog chat collections datasets docs enterprise inference join learn login models new"
    " organizations papers posts pricing settings spaces tasks"
)
_X: Final = "explore hashtag home i intent login messages notifications search settings share"
_MEETUP: Final = (
    "about api apps blog cities find help home login lp members messages pro register topics"
)
_GITLAB: Final = "explore users help dashboard admin api groups projects search"
_MEDIUM: Final = "about m me p search tag topic topics membership creators policy jobs-at-medium"


def _under(prefix: str, reserved: str = "") -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in reserved.split())
    without = f"(?!(?:{names})(?:/|$))" if names else ""
    return re.compile(f"/{prefix}{without}{_NAME}", re.ASCII)


# By host without `www.`: where an owner's name stands.
_OWNERS: Final[dict[str, tuple[re.Pattern[str], ...]]] = {
    "github.com": (_under("(?:orgs|sponsors|users)/"), _under("", _GITHUB)),
    "gist.github.com": (re.compile(r"/([\w-]+)/[0-9a-f]{5,}", re.ASCII),),
    "raw.githubusercontent.com": (_under(""),),
    "gitlab.com": (_under("", _GITLAB),),
    "codeberg.org": (_under("", "explore user api assets"),),
    "bitbucket.org": (_under("", "account product dashboard"),),
    "sr.ht": (re.compile(r"/(~[\w.-]+)", re.ASCII),),
    "git.sr.ht": (re.compile(r"/(~[\w.-]+)", re.ASCII),),
    "huggingface.co": (_under("(?:datasets|spaces|collections)/"), _under("", _HUGGING_FACE)),
    "medium.com": (re.compile(r"/(@[\w.-]+)", re.ASCII), _under("", _MEDIUM)),
    "substack.com": (re.compile(r"/(@[\w.-]+)", re.ASCII), _under("(?:pub|profile)/")),
    "x.com": (_under("", _X),),
    "bsky.app": (_under("profile/"),),
    "threads.com": (re.compile(r"/(@[\w.]+)", re.ASCII),),
    "youtube.com": (
        re.compile(r"/(@[\w.%-]+)", re.ASCII),
        re.compile(r"/((?:c|user|channel)/[\w.%-]+)", re.ASCII),
    ),
    "reddit.com": (re.compile(r"/((?:r|user|u)/\w+)", re.ASCII),),
    "dev.to": (_under("", "t tags search about new settings"),),
    "velog.io": (re.compile(r"/(@[\w.-]+)", re.ASCII),),
    "brunch.co.kr": (re.compile(r"/(@{1,2}[\w.-]+)", re.ASCII),),
    "blog.naver.com": (_under(""),),
    "meetup.com": (_under("(?:[a-z]{2}-[A-Z]{2}/)?", _MEETUP),),
    "linkedin.com": (re.compile(r"/((?:in|company|school)/[\w.%-]+)", re.ASCII),),
}
# Longer than any name these sites allow.
_LONGEST: Final = 100


def owner_of(host: str, path: str) -> str:
    """The owner of the page at `path` of `host` (without `www.`), in lower case; "" if none.

    The sites listed take names in any case for the same.
    """
    for pattern in _OWNERS.get(host, ()):
        if match := pattern.match(path):
            owner = match.group(1).lower()
            return owner if len(owner) <= _LONGEST else ""
    return ""


def has_owners(host: str) -> bool:
    """Whether a host (without `www.`) is one on which many have pages of their own."""
    return host in _OWNERS
