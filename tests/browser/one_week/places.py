"""Where a week takes place: the site with what it printed before, its links to come, its mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

from playwright.sync_api import Browser, Page

from posts.models import Post
from tests.browser.one_week.clock import Clock, at
from tests.builders import make_post
from tests.mailing.servers import Obedient, Taken

BEFORE = """안녕하세요, 이번 주에 모은 링크예요.

## 읽을거리

- [지난주의 글](https://old.example.org/{day}): 다시 읽어도 좋아요.

## Tools

- [An old tool](https://tools.example.org/{day}): it still works.
"""
FRIDAYS = ((4, 26), (5, 3), (5, 10))
# Titles and addresses, as they come in.
KOREAN = {
    "한글 글꼴의 역사": "https://type.example.org/history?utm_source=mail",
    "조판은 왜 어려운가": "https://type.example.org/setting",
    "느린 신문의 아침": "https://slow.example.org/morning",
    "도서관이 남긴 것": "https://library.example.org/left",
}
ENGLISH = {
    "Kerning by hand": "https://kern.example.org/hand",
    "A server in one file": "https://server.example.org/one",
    "Cheap lamps today": "https://lamps.example.net/cheap",
    "More cheap lamps": "https://lamps.example.net/more",
    **{f"Reading {number}": f"https://read{number}.example.org/" for number in range(9)},
}
BY_BOOKMARK = {
    "A tool for tables": "http://tables.example.org/tool",
    "소리로 듣는 코드": "http://sound.example.org/code",
}
SUGGESTED, SUGGESTED_URL = "독자가 권한 글", "https://reader.example.org/story"
# The source that a moderator blocks, and an address of it.
BAD = "lamps.example.net"


@dataclass
class Week:
    """A site, its clock, the server that takes its mail, a way to sign in, a folder for files."""

    site: str
    clock: Clock
    server: Obedient
    enter: Callable[..., Page]
    chromium: Browser
    folder: Path

    @property
    def issue(self) -> Post:
        """The issue of this week."""
        return Post.objects.get(title="주간 링크 20")

    def took(self) -> dict[str, Taken]:
        """Return the mails that were sent since the last look, by recipient."""
        mails = {mail.recipient: mail for mail in self.server.taken}
        assert len(mails) == len(self.server.taken), "somebody got two"
        self.server.taken.clear()
        return mails


def print_before(clock: Clock) -> None:
    """Print the issues of the last Fridays, each when it was Friday."""
    for number, (month, day) in enumerate(FRIDAYS, start=17):
        clock.set(at(month, day, 7))
        make_post(f"주간 링크 {number}", BEFORE.format(day=day), at=at(month, day, 7))


def words_of(mail: Taken) -> str:
    """Return what a mail says to those who read no HTML."""
    message = message_from_bytes(mail.data, policy=policy.default)
    body = message.get_body(("plain",))
    assert body
    return str(body.get_content())


def link_in(mail: Taken, part: str) -> str:
    """Return the link of a mail with a part in it."""
    found = re.findall(r"http://[^\s<>]+", words_of(mail))
    return next(link for link in found if part in link)
