"""What waits behind an address, as far as its host and path tell without asking anyone.

A kind is a hint beside an item, so the table holds only what is true of nearly every page it
matches. Hosts are those of canonical addresses, without `www.`.
"""

import re
from typing import Final, Literal

Kind = Literal["video", "paper", "code", "thread", "pdf", "podcast", ""]

# Host, what its path begins with ("" for every page), kind. The first match counts.
_TABLE: Final[tuple[tuple[str, str, Kind], ...]] = (
    ("youtube.com", r"/(?:watch|playlist|shorts/|live/)", "video"),
    ("vimeo.com", r"/(?:\d+|channels/[^/]+/\d+|video/)", "video"),
    ("dailymotion.com", r"/video/", "video"),
    ("twitch.tv", r"/(?:videos/|[^/]+/clip/)", "video"),
    ("ted.com", r"/talks/", "video"),
    ("media.ccc.de", r"/v/", "video"),
    ("loom.com", r"/share/", "video"),
    ("bilibili.com", r"/video/", "video"),
    ("tv.naver.com", r"/[vh]/", "video"),
    ("v.redd.it", r"/", "video"),
    ("infoq.com", r"/presentations/", "video"),
    ("arxiv.org", r"/(?:abs|pdf|html)/", "paper"),
    ("doi.org", r"/10\.", "paper"),
    ("openreview.net", r"/(?:forum|pdf)", "paper"),
    ("aclanthology.org", r"/[A-Z0-9]", "paper"),
    ("dl.acm.org", r"/(?:doi|citation)", "paper"),
    ("ieeexplore.ieee.org", r"/(?:abstract/)?document/", "paper"),
    ("link.springer.com", r"/(?:article|chapter)/", "paper"),
    ("nature.com", r"/articles/", "paper"),
    ("science.org", r"/doi/", "paper"),
    ("pnas.org", r"/doi/", "paper"),
    ("sciencedirect.com", r"/science/article/", "paper"),
    ("biorxiv.org", r"/content/", "paper"),
    ("medrxiv.org", r"/content/", "paper"),
    ("eprint.iacr.org", r"/\d{4}/\d+", "paper"),
    ("pubmed.ncbi.nlm.nih.gov", r"/\d+", "paper"),
    ("papers.nips.cc", r"/paper", "paper"),
    ("proceedings.neurips.cc", r"/paper", "paper"),
    ("proceedings.mlr.press", r"/v\d+/", "paper"),
    ("jmlr.org", r"/papers/", "paper"),
    ("vldb.org", r"/pvldb/", "paper"),
    ("semanticscholar.org", r"/paper/", "paper"),
    ("huggingface.co", r"/papers/\d", "paper"),
    ("dbpia.co.kr", r"/journal/articleDetail", "paper"),
    ("github.com", r"/[^/]+/[^/]+/(?:issues|pull|discussions)/\d+", "thread"),
    ("github.com", r"/orgs/[^/]+/discussions/\d+", "thread"),
    (
        "github.com",
        r"/(?!(?:orgs|sponsors|topics|features|marketplace|collections|readme|about|settings|apps"
        r"|users|search|login|customer-stories|security|enterprise|notifications)/)[^/]+/[^/]+"
        r"(?!/(?:wiki|issues|pulls|discussions|projects|actions|security|pulse|graphs|stargazers"
        r"|blob/[^?#]*\.pdf)(?:/|$))",
        "code",
    ),
    ("gist.github.com", r"/[^/]", "code"),
    ("raw.githubusercontent.com", r"/", "code"),
    ("gitlab.com", r"/[^/]+/.*/-/(?:issues|merge_requests)/\d+", "thread"),
    ("gitlab.com", r"/(?!explore/|users/)[^/]+/[^/]+", "code"),
    ("codeberg.org", r"/[^/]+/[^/]+/(?:issues|pulls)/\d+", "thread"),
    ("codeberg.org", r"/(?!explore/|user/)[^/]+/[^/]+", "code"),
    ("bitbucket.org", r"/[^/]+/[^/]+", "code"),
    ("git.sr.ht", r"/~[^/]+/[^/]+", "code"),
    ("sr.ht", r"/~[^/]+/[^/]+", "code"),
    ("crates.io", r"/crates/", "code"),
    ("pypi.org", r"/project/", "code"),
    ("npmjs.com", r"/package/", "code"),
    ("colab.research.google.com", r"/(?:drive|github|gist)/", "code"),
    ("kaggle.com", r"/code/", "code"),
    ("codepen.io", r"/[^/]+/(?:pen|full|details)/", "code"),
    ("godbolt.org", r"/z/", "code"),
    ("play.rust-lang.org", r"/", "code"),
    (
        "huggingface.co",
        r"/(?:datasets|spaces)/[^/]+/[^/]+|/(?!(?:blog|docs|papers|posts|collections|learn|join"
        r"|datasets|spaces|models|tasks|settings|organizations)/)[^/]+/[^/]+",
        "code",
    ),
    ("x.com", r"/(?:[^/]+|i/web)/status/", "thread"),
    ("xcancel.com", r"/[^/]+/status/", "thread"),
    ("bsky.app", r"/profile/[^/]+/post/", "thread"),
    ("threads.net", r"/@[^/]+/post/", "thread"),
    ("reddit.com", r"/(?:r/[^/]+|user/[^/]+)?/?(?:comments|s)/", "thread"),
    ("redd.it", r"/\w+", "thread"),
    ("news.ycombinator.com", r"/item", "thread"),
    ("news.hada.io", r"/topic", "thread"),
    ("lobste.rs", r"/s/", "thread"),
    ("stackoverflow.com", r"/(?:questions|a|q)/\d", "thread"),
    ("discord.com", r"/channels/", "thread"),
    ("groups.google.com", r"/(?:g|forum|d)/", "thread"),
    ("lore.kernel.org", r"/[^/]+/[^/]+", "thread"),
    ("mail.python.org", r"/(?:archives|pipermail)/", "thread"),
    ("okky.kr", r"/(?:articles|questions)/\d", "thread"),
    ("clien.net", r"/service/board/[^/]+/\d", "thread"),
    ("podcasts.apple.com", r"/", "podcast"),
    ("open.spotify.com", r"/(?:intl-\w+/)?(?:episode|show)/", "podcast"),
    ("overcast.fm", r"/\+|/itunes", "podcast"),
    ("pca.st", r"/", "podcast"),
    ("podbbang.com", r"/(?:channels|ch)/", "podcast"),
    ("changelog.com", r"/[a-z]+/\d+$", "podcast"),
    ("rustacean-station.org", r"/episode", "podcast"),
    ("talkpython.fm", r"/episodes/", "podcast"),
    ("pythonbytes.fm", r"/episodes/", "podcast"),
)

# What a path alone tells, on any host: file endings, and the addresses of forum software.
_ENDINGS: Final[dict[str, Kind]] = {
    "pdf": "pdf",
    **dict.fromkeys(("mp4", "webm", "mov", "m4v"), "video"),
    **dict.fromkeys(("mp3", "m4a", "ogg", "opus"), "podcast"),
}
_ENDING = re.compile(r".*\.([a-z0-9]{2,4})", re.I | re.A)
_FORUMS = re.compile(
    r"/t/[^/]+/\d+(?:/\d+)?/?"  # Discourse
    r"|/@[\w.@-]+/\d{15,}/?",  # Mastodon
    re.A,
)
_HOSTED_THREADS: Final = (".stackexchange.com", ".zulipchat.com")


def _compile() -> dict[str, list[tuple[re.Pattern[str], Kind]]]:
    table: dict[str, list[tuple[re.Pattern[str], Kind]]] = {}
    for host, path, kind in _TABLE:
        table.setdefault(host, []).append((re.compile(path), kind))
    return table


_KINDS: Final = _compile()


def kind_of_page(host: str, path: str) -> Kind:
    """The kind of the page at `path` of `host` (canonical, without `www.`), or "" if unknown."""
    for pattern, kind in _KINDS.get(host, ()):
        if pattern.match(path):
            return kind
    ending = _ENDING.fullmatch(path)
    if ending and (found := _ENDINGS.get(ending.group(1).lower())):
        return found
    if _FORUMS.fullmatch(path) or (host.endswith(_HOSTED_THREADS) and path != "/"):
        return "thread"
    return ""
