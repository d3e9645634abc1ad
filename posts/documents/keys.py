"""The keys of headers, as the generators of the world spell them.

Case, hyphens and underscores do not count: ``cover_image``, ``coverImage`` and ``Cover-Image`` are
one key. Sources: the documentation of Jekyll, Hugo, Zola, Astro, Gatsby, Eleventy, Hexo, Pelican,
Docusaurus, VuePress, Obsidian, Ghost, Substack, Buttondown and of the exports of WordPress.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from typing import Final

MAX_UNREAD: Final = 200

PUBLICATION: Final = tuple(
    "publishdate pubdate pubdatetime pubtime publisheddate publishedat publishedon publishedtime"
    " publishtime publishat publishon publishafter publicationdate datepublished firstpublished"
    " published publish postdate dateposted postedat postedon sentat sentdate senton sendat"
    " senddate sendon issuedate releasedate scheduledat scheduledfor scheduleddate scheduledate"
    " scheduled embargo embargodate embargountil golive golivedate goliveat availablefrom"
    " visiblefrom 발행일 게시일 공개일".split()
)
"""Keys that say when an issue becomes public; ``date`` says so too, where there is none."""

CREATION: Final = tuple(
    "created createdat createdon createddate createdtime creationdate creationtime datecreated"
    " datetime 날짜 작성일 日期".split()
)
"""Keys that date an issue where none of the others does."""

# The spellings honoured for each piece of metadata, in order of preference.
SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": tuple("title subject headline posttitle pagetitle issuetitle name 제목".split()),
    "description": tuple(
        "description summary subtitle excerpt customexcerpt abstract lead tagline 설명 요약".split()
    ),
    "date": ("date", *PUBLICATION, *CREATION),
    "updated": tuple(
        "updated update modified lastmod updatedat updatedon updateddate updatedtime dateupdated"
        " lastupdated lastupdate lastupdatedat lastmodified lastmodifiedat modifiedat modifieddate"
        " datemodified moddate moddatetime updatedate updatetime 수정일".split()
    ),
    "tags": tuple("tags keywords tag taglist hashtags categories 태그 标签 タグ".split()),
    "authors": tuple(
        "authors author byline writer writers writtenby creator 저자 글쓴이 작성자"
        " 필자 作者 著者".split()
    ),
    "translationkey": tuple("translationkey translationid translationgroup 번역키".split()),
    "slug": ("slug",),
    "draft": ("draft", "status"),
    "language": tuple("language lang locale".split()),
    "cover": tuple(
        "cover image coverimage coverurl coverphoto heroimage featuredimage featureimage"
        " featuredimg headerimage ogimage socialimage thumbnail banner".split()
    ),
    "expires": tuple(
        "expirydate expires expiry expireson expiresat expirationdate expiration expiredate"
        " expiresdate expiredat expiredon unpublishdate unpublishon unpublishat unpublishedat"
        " unpublisheddate validuntil 만료일".split()
    ),
}

# Yes to one of these holds an issue back; so does no to one of those.
HOLDING: Final = frozenset(
    "draft isdraft indraft wip private isprivate unlisted isunlisted hidden ishidden secret"
    " unpublished expired isexpired notpublished notpublic dontpublish donotpublish nopublish"
    " headless eleventyexcludefromcollections confidential premium paid paidonly membersonly"
    " memberonly subscribersonly password deleted isdeleted trashed protected"
    " 초안 비공개 草稿 下書き 非公開 非公开".split()
)
OPENING: Final = frozenset(
    "published ispublished released isreleased publish public ispublic listed islisted visible"
    " isvisible dgpublish permalink 공개 발행 게시 公開 公开 发布".split()
)
# The words of these do.
STATES: Final = frozenset(
    "status poststatus publishstatus publicationstatus visibility postvisibility access audience"
    " emailtype state stage phase workflow 상태 단계".split()
)

NESTS: Final = frozenset(("taxonomies", "extra", "params"))
"""Tables whose keys count like those above them, where those do not say (Zola, Hugo)."""

_PIECES: Final = {
    **dict.fromkeys(HOLDING | OPENING | STATES, "draft"),
    **{spelling: name for name, spellings in SPELLINGS.items() for spelling in spellings},
}


def plain_key(key: str) -> str:
    """Return what all spellings of one key share."""
    return re.sub(r"[\s_-]+", "", key).casefold()


def is_read(key: str) -> bool:
    """Tell whether a plain key is one of ours."""
    return key in _PIECES


def unread_keys(keys: Iterable[str]) -> Iterator[str]:
    """Yield the plain keys that are none of ours, so many that asking what they mean ends soon."""
    return islice((key for key in keys if not is_read(key)), MAX_UNREAD)


@lru_cache(maxsize=1024)
def resembling(key: str) -> tuple[str, str]:
    """Return the piece of metadata, and the key for it, that a plain key was meant for, or ''."""
    near = get_close_matches(key, _PIECES, 1, 0.8) if len(key) > 3 else []
    if near:
        return _PIECES[near[0]], near[0]
    found = next((name for name in ("date", "title", "tags", "draft") if key.endswith(name)), "")
    return found, found
