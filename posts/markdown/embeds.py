"""What raw HTML embeds, such as videos: nothing of it is loaded, readers get a link to it."""

from __future__ import annotations

import re
from typing import Final

EMBEDS: Final = {
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "object": "data",
    "source": "src",
    "video": "src",
}
"""Tags that embed something, and the attribute that says where it is."""

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


def page_of(address: str) -> str:
    """The page of what is embedded: for the players that are known, else the address itself."""
    address = address.strip()
    for player, page in _PLAYERS:
        if found := player.match(address):
            return page.format(found[1])
    return f"https:{address}" if address.startswith("//") else address
