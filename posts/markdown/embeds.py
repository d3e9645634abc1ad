"""What raw HTML and pictures of Markdown embed, such as videos: nothing of it is loaded, readers
get a link to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

EMBEDS: Final = {
    "area": "href",
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "object": "data",
    "source": "src",
    "video": "src",
}
"""Tags of which readers get a link, and the attribute that says where to: to what they embed, or to
where a part of a picture leads."""

_WEB: Final = r"(?:https?:)?//(?:www\.|m\.)?"
# Addresses of players, and the page that people know instead.
_PLAYERS: Final = tuple(
    (re.compile(_WEB + address, re.IGNORECASE), page)
    for address, page in (
        (
            r"youtube(?:-nocookie)?\.com/embed/(?!videoseries|live_stream)([\w-]+)",
            "https://www.youtube.com/watch?v={}",
        ),
        (
            r"youtube(?:-nocookie)?\.com/embed/videoseries\?(?:.*&)?list=([\w-]+)",
            "https://www.youtube.com/playlist?list={}",
        ),
        (r"player\.vimeo\.com/video/(\d+)", "https://vimeo.com/{}"),
        (r"open\.spotify\.com/embed/(\w+/\w+)", "https://open.spotify.com/{}"),
        (r"dailymotion\.com/embed/video/(\w+)", "https://www.dailymotion.com/video/{}"),
        (
            r"player\.bilibili\.com/player\.html\?(?:.*&)?bvid=(\w+)",
            "https://www.bilibili.com/video/{}",
        ),
    )
)
# What notes embed as ``![](…)`` and no browser shows as a picture: pages of videos, music and
# posts, and files of sound, films and print.
_NO_PICTURE: Final = re.compile(
    rf"{_WEB}(?:youtube\.com/(?:watch\?|playlist\?|shorts/|live/)|youtu\.be/\w"
    r"|vimeo\.com/(?:[\w/]+/)?\d|open\.spotify\.com/\w|dailymotion\.com/video/|dai\.ly/\w"
    r"|bilibili\.com/video/|(?:twitter|x)\.com/\w+/status/\d)"
    r"|(?:(?:https?:)?//[^/?#]+/)?[^?#:]*\.(?:mp3|m4a|m4b|aac|flac|oga|ogg|opus|wav"
    r"|mp4|m4v|mov|mkv|avi|ogv|webm|gifv|pdf)(?:[?#]|\Z)",
    re.IGNORECASE,
)
# Scripts that write a text into the page; all others only do something to what stands there.
_SCRIPTS: Final = tuple(
    (re.compile(_WEB + address, re.IGNORECASE), page)
    for address, page in (
        (r"(gist\.github\.com/(?:[\w-]+/)?\w+)(?:\.js|\?|\Z)", "https://{}"),
        (r"(gitlab\.com/[\w./-]*snippets/\d+)\.js", "https://{}"),
        (r"(asciinema\.org/a/\w+)\.js", "https://{}"),
        (r"pastebin\.com/embed_js/(?:\w+/)?(\w+)", "https://pastebin.com/{}"),
        (r"(jsfiddle\.net/(?:[\w-]+/)*\w+)/embed/", "https://{}/"),
    )
)


def address_in(name: str, attributes: Mapping[str, str | None]) -> str:
    """Where what a tag embeds is, though a script is to load it later (``data-src``)."""
    place = EMBEDS[name]
    return attributes.get(f"data-{place}") or attributes.get(place) or ""


def page_of(address: str) -> str:
    """The page of what is embedded: for the players that are known, else the address itself."""
    address = address.strip()
    known = _page_among(_PLAYERS, address)
    return known or (f"https:{address}" if address.startswith("//") else address)


def is_no_picture(address: str) -> bool:
    """Whether what a picture names is something else, of which readers get a link."""
    address = address.strip()
    return bool(_NO_PICTURE.match(address) or _page_among(_PLAYERS, address))


def page_of_script(address: str) -> str:
    """The page of the text that a script embeds, such as a gist; '' if it embeds none."""
    return _page_among(_SCRIPTS, address.strip())


def _page_among(known: tuple[tuple[re.Pattern[str], str], ...], address: str) -> str:
    for pattern, page in known:
        if found := pattern.match(address):
            return page.format(found[1])
    return ""
