"""What is known about particular sites: names of one host, parameters that name no page, spellings.

Everything here is a statement about a site that somebody can check in a browser: both addresses
lead to the same page. When in doubt a rule is left out, because two links too many are a nuisance
and two pages merged are a mistake. `RULES_VERSION` in `canonical` goes up with each change.

A site in `SITES` is served over https under all its names, so the scheme and the name of the host
are made one. A rule changes the parts of an address in place.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from links.normalizing.addresses import Address

Rule = Callable[[Address], None]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Parameters that say where a reader came from, wherever they stand. Lower case, compared so.
TRACKING_PREFIXES: Final = ("utm_", "mtm_", "matomo_", "pk_campaign", "pk_kwd", "hsa_")
# Of advertising and social networks, mailing services, analytics; those that the browser Brave
# takes off all addresses (query_filter in brave-core); and Naver's advertisements.
TRACKING_NAMES: Final = _words("""
    fbclid gclid gclsrc dclid wbraid gbraid gad_source gad_campaignid msclkid yclid ysclid twclid
    ttclid igsh igshid li_fat_id epik srsltid rb_clickid wickedid _branch_match_id

    mc_cid mc_eid _hsenc _hsmi __hstc __hssc __hsfp hsctatracking hss_channel mkt_tok vero_id
    vero_conv oly_enc_id oly_anon_id ck_subscriber_id ml_subscriber ml_subscriber_hash _kx

    _ga _gl _openstat guccounter guce_referrer guce_referrer_sig at_medium at_campaign xtor echobox

    __s _bhlid _branch_referrer at_recipient_id at_recipient_list bbeml bsft_clkid bsft_uid et_rid
    fb_action_ids irclickid mibextid oft_c oft_ck oft_d oft_id oft_ids oft_k oft_lk oft_sk pk_cid
    sms_click sms_source sms_uph ss_email_id syclid unicorn_click_id vgo_ee ymclid
    __twitter_impression __readwiselocation dub_id sfmc_id wt.mc_id

    napm n_media n_query n_rank n_ad_group n_ad n_keyword n_keyword_id n_campaign_type
""")


@dataclass(frozen=True, slots=True)
class Site:
    """A site whose addresses are understood.

    `host` is its one name. `slash_free`: a slash at the end of a path means nothing. `drops`:
    parameters of this site that never choose the page. `rule`: what needs more than a table.
    """

    host: str
    slash_free: bool = True
    drops: frozenset[str] = frozenset()
    rule: Rule | None = None

    def apply(self, address: Address) -> None:
        """Rewrite `address`, which stands on one of this site's hosts, to its one spelling."""
        address.scheme = "https"
        address.host = self.host or address.host
        if self.drops:
            address.drop(self.drops)
        if self.rule is not None:
            self.rule(address)
        if self.slash_free:
            address.path = address.path.rstrip("/") or "/"


_VIDEO_PATH = re.compile(r"/(?:shorts|live|embed|v)/(?!videoseries|live_stream)([\w-]{6,})/?", re.A)
_CLOCK = re.compile(r"(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,6})s?)?", re.A)


def _short_youtube(address: Address) -> None:
    """https://youtu.be/ID is https://www.youtube.com/watch?v=ID."""
    name = address.path.strip("/")
    if name != "watch" and re.fullmatch(r"[\w-]+", name, re.A):
        _show_video(address, name)
    _youtube(address)


def _youtube(address: Address) -> None:
    """One video has one address; the time and the list that the author chose stay."""
    if match := _VIDEO_PATH.fullmatch(address.path):
        _show_video(address, match.group(1))
    if address.path.rstrip("/") != "/watch":
        return
    time = address.value("t")
    if time is None and address.fragment.startswith("t="):
        time, address.fragment = address.fragment[2:], ""
    video = address.value("v")
    address.drop({"v", "t"})
    seconds = _seconds(time or "0")
    if seconds != "0":
        address.pieces.append(f"t={seconds}")
    address.pieces.sort(key=_name_of)
    if video is not None:
        address.pieces.insert(0, f"v={video}")


def _show_video(address: Address, video: str) -> None:
    start = address.value("start")
    address.drop({"v", "start"})
    if start is not None and address.value("t") is None:
        address.pieces.append(f"t={start}")
    address.path = "/watch"
    address.pieces.insert(0, f"v={video}")


def _seconds(time: str) -> str:
    match = _CLOCK.fullmatch(time)
    if match is None:
        return time
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return str(hours * 3600 + minutes * 60 + seconds)


_PAPER = re.compile(
    r"/(abs|pdf|html)/((?:[a-z-]+(?:\.[A-Z]{2})?/)?[\d.]+(?:v\d+)?)(?:\.pdf)?/?", re.A
)


def _arxiv(address: Address) -> None:
    """A paper is its abstract page, unless a place in the PDF or the HTML is meant."""
    if match := _PAPER.fullmatch(address.path):
        form, name = match.groups()
        form = form if address.fragment else "abs"
        address.path = f"/{form}/{name.rstrip('.')}"


def _doi(address: Address) -> None:
    """DOI names know no case (doi.org handbook, 2.4); arXiv's lead to arXiv."""
    address.path = re.sub(r"((?:%..)*)([^%]*)", _lower_behind_escapes, address.path)
    if address.path.startswith("/10.48550/arxiv."):
        address.host = "arxiv.org"
        address.path = "/abs/" + address.path.removeprefix("/10.48550/arxiv.")
        _arxiv(address)


_STATUS = re.compile(
    r"/(?:(\w{1,15})|i/web)/status(?:es)?/(\d+)(?:/(?:photo|video)/\d+|(/.+))?", re.A
)


def _twitter(address: Address) -> None:
    """A picture of a post shows the post. Names know no case, and `i` stands for any."""
    if _PROFILE.fullmatch(address.path):
        address.path = address.path.lower()
    if match := _STATUS.fullmatch(address.path.rstrip("/")):
        name, status, rest = match.groups()
        address.path = f"/{(name or 'i').lower()}/status/{status}{rest or ''}"


_PROFILE = re.compile(r"/\w{1,15}/?", re.A)
_SUBREDDIT = re.compile(r"^/(?:R|r)/(\w+)(?=/|$)", re.A)
_REDDIT_POST = re.compile(r"(/r/\w+/comments/\w+)/[^/]*/?", re.A)


def _reddit(address: Address) -> None:
    """The number is the post, the words behind it may be anything; behind these is a comment."""
    address.path = _SUBREDDIT.sub(_lower, address.path)
    if match := _REDDIT_POST.fullmatch(address.path):
        address.path = match.group(1)


def _lobsters(address: Address) -> None:
    """As on Reddit: https://lobste.rs/s/ID leads to /s/ID/words."""
    if match := re.fullmatch(r"(/s/\w+)/[^/]*/?", address.path, re.A):
        address.path = match.group(1)


def _substack(address: Address) -> None:
    """A letter in Substack's reader is the letter of that newsletter."""
    match = re.fullmatch(r"/pub/([a-z0-9-]+)(/p/[^/]+)/?", address.path, re.A)
    if address.host == "open.substack.com" and match:
        address.host, address.path = f"{match.group(1)}.substack.com", match.group(2)


_PRODUCT = re.compile(
    r"/(?:[^/]+/)?(?:dp|gp/product|gp/aw/d)/([A-Z0-9]{10})(?:/(?:ref=[^/]*)?)?", re.A
)


def _amazon(address: Address) -> None:
    """The number is the product; the words before it and what follows lead to no other."""
    if match := _PRODUCT.fullmatch(address.path):
        address.path, address.pieces = f"/dp/{match.group(1)}", []


def _weixin(address: Address) -> None:
    """What WeChat adds where it opens an article is no place in it."""
    if address.fragment in {"rd", "wechat_redirect"}:
        address.fragment = ""


def _github(address: Address) -> None:
    """Owners and repositories know no case; `.git` at a repository is for git alone."""
    segments = address.path.rstrip("/").split("/")
    if len(segments) >= 3:
        segments[1:3] = [segments[1].lower(), segments[2].lower()]
        if len(segments) == 3:
            segments[2] = segments[2].removesuffix(".git") or segments[2]
        address.path = "/".join(segments)
    address.pieces = [p for p in address.pieces if p != "tab=readme-ov-file"]


def _medium(address: Address) -> None:
    address.drop({"source", "gi"})


_WIKI_TITLE = re.compile("%(?:21|24|27|28|29|2A|2C|3A|3B|40)")


def _wiki(address: Address) -> None:
    """MediaWiki: the mobile host is the host, a space is an underscore, brackets need no escape."""
    address.host = _WIKI_MOBILE.sub("", address.host)
    title = address.value("title")
    if address.path == "/w/index.php" and title and len(address.pieces) == 1:
        address.path, address.pieces = f"/wiki/{title.replace('+', '_')}", []
    if address.path.startswith("/wiki/"):
        title = address.path.replace("%20", "_")
        address.path = _WIKI_TITLE.sub(lambda m: chr(int(m.group()[1:], 16)), title)


_WIKI_MOBILE = re.compile(r"(?<=^)m\.|(?<=\.)m\.")
_QUESTION = re.compile(r"/(?:questions|q)/(\d+)(?:/[^/]*)?/?", re.A)
# An answer, and behind it who shared it; or the answer behind the words of its question.
_ANSWER = re.compile(r"/(?:a/(\d+)(?:/\d+)?|questions/\d+/[^/]+/(\d+))/?", re.A)


def _stack_exchange(address: Address) -> None:
    """The number is the question; the words behind it may be anything. So is that of an answer."""
    if match := _QUESTION.fullmatch(address.path):
        address.path = f"/questions/{match.group(1)}"
    elif match := _ANSWER.fullmatch(address.path):
        answer = match.group(1) or match.group(2)
        address.path = f"/a/{answer}"
        if address.fragment == answer:
            address.fragment = ""


def _naver_blog(address: Address) -> None:
    """blog.naver.com: /PostView.naver?blogId=NAME&logNo=1 is /NAME/1."""
    if address.path.lower() in {"/postview.naver", "/postview.nhn"}:
        name, number = address.value("blogId"), address.value("logNo")
        if name and number:
            address.path, address.pieces = f"/{name}/{number}", []


def _naver_news(address: Address) -> None:
    """The mobile page of an article is the article."""
    if address.path.startswith("/mnews/article/"):
        address.path = address.path.removeprefix("/mnews")


def _tistory(address: Address) -> None:
    """Blogs on Tistory have their mobile pages below /m."""
    if re.fullmatch(r"/m/(?:\d+|entry/.+)", address.path, re.A):
        address.path = address.path.removeprefix("/m")


_PROJECT = re.compile(r"/(?:project|pypi)/([\w.-]+)(/.*)?", re.A)


def _pypi(address: Address) -> None:
    """Names of projects know no case, nor which sign parts their words (PEP 503)."""
    if match := _PROJECT.fullmatch(address.path):
        name = re.sub(r"[-_.]+", "-", match.group(1)).lower()
        address.path = f"/project/{name}{match.group(2) or ''}"


def _spotify(address: Address) -> None:
    """The language of a player is no other song."""
    address.path = re.sub(r"\A/intl-[a-z-]+(?=/)", "", address.path)


def _discord_invitation(address: Address) -> None:
    if address.path != "/":
        address.path = "/invite" + address.path


def _name_of(piece: str) -> str:
    return piece.partition("=")[0]


def _lower_behind_escapes(match: re.Match[str]) -> str:
    return match.group(1) + match.group(2).lower()


def _lower(match: re.Match[str]) -> str:
    return match.group().lower()


_STATUS_MIRRORS: Final = _words("fxtwitter.com vxtwitter.com fixupx.com fixvx.com")
_YOUTUBE_DROPS: Final = _words("feature si pp ab_channel app persist_app index start_radio")
_APPLE_DROPS: Final = _words("mt uo ls at ct pt itsct itscg")
_TIKTOK_DROPS: Final = _words("is_from_webapp is_copy_url sender_device sender_web_id _r _t _d")
_NAVER_BLOG_DROPS: Final = _words(
    "recommendTrackingCode trackingCode proxyReferer noTrackingCode fromRss"
)
_DRIVE_DROPS: Final = _words("usp ouid rtpof sd")
_BILIBILI_DROPS: Final = _words(
    "spm_id_from vd_source share_source share_medium share_plat share_session_id share_tag"
)
_WEIXIN_DROPS: Final = _words(
    "chksm scene subscene srcid sharer_shareid sharer_shareinfo sharer_shareinfo_first"
    " sharer_sharetime poc_token exportkey pass_ticket"
)
_SUBSTACK_DROPS: Final = _words("r s showWelcomeOnShare isFreemail triedRedirect publication_id")


def _under(hosts: str, site: Site) -> dict[str, Site]:
    return dict.fromkeys(hosts.split(), site)


# The hosts a site answers under, each by its exact name.
SITES: Final[dict[str, Site]] = {
    **_under(
        "x.com www.x.com mobile.x.com twitter.com www.twitter.com mobile.twitter.com m.twitter.com",
        Site("x.com", drops=_words("s t ref_src ref_url"), rule=_twitter),
    ),
    **_under(
        "www.youtube.com youtube.com m.youtube.com www.youtube-nocookie.com youtube-nocookie.com",
        Site("www.youtube.com", drops=_YOUTUBE_DROPS, rule=_youtube),
    ),
    "music.youtube.com": Site("music.youtube.com", drops=_words("feature si")),
    "youtu.be": Site("www.youtube.com", drops=_YOUTUBE_DROPS, rule=_short_youtube),
    **_under(
        "arxiv.org www.arxiv.org export.arxiv.org",
        Site("arxiv.org", drops=_words("context"), rule=_arxiv),
    ),
    **_under("doi.org dx.doi.org www.doi.org", Site("doi.org", slash_free=False, rule=_doi)),
    **_under(
        "www.reddit.com reddit.com old.reddit.com new.reddit.com np.reddit.com m.reddit.com "
        "amp.reddit.com i.reddit.com",
        Site("www.reddit.com", drops=_words("share_id rdt ref ref_source"), rule=_reddit),
    ),
    **_under("github.com www.github.com", Site("github.com", rule=_github)),
    "gist.github.com": Site("gist.github.com"),
    **_under("huggingface.co www.huggingface.co hf.co", Site("huggingface.co")),
    **_under("medium.com www.medium.com", Site("medium.com", rule=_medium)),
    "news.ycombinator.com": Site("news.ycombinator.com"),
    "lobste.rs": Site("lobste.rs", rule=_lobsters),
    "gitlab.com": Site("gitlab.com"),
    "bsky.app": Site("bsky.app", drops=_words("ref_src ref_url")),
    **_under("t.me telegram.me", Site("t.me")),
    **_under("www.tiktok.com tiktok.com m.tiktok.com", Site("www.tiktok.com", drops=_TIKTOK_DROPS)),
    **_under("www.twitch.tv twitch.tv m.twitch.tv", Site("www.twitch.tv")),
    "crates.io": Site("crates.io"),
    **_under("pypi.org www.pypi.org pypi.python.org", Site("pypi.org", rule=_pypi)),
    "docs.rs": Site("docs.rs"),
    "dev.to": Site("dev.to"),
    "velog.io": Site("velog.io"),
    "apps.apple.com": Site("apps.apple.com", drops=_APPLE_DROPS),
    "podcasts.apple.com": Site("podcasts.apple.com", drops=_APPLE_DROPS),
    "play.google.com": Site("play.google.com", drops=_words("hl gl pcampaignid referrer")),
    **_under("www.npmjs.com npmjs.com", Site("www.npmjs.com")),
    **_under(
        "stackoverflow.com www.stackoverflow.com", Site("stackoverflow.com", rule=_stack_exchange)
    ),
    **_under(
        "www.linkedin.com linkedin.com",
        Site("www.linkedin.com", drops=_words("trk trackingid trackingId lipi rcm")),
    ),
    **_under("discord.com discordapp.com www.discord.com", Site("discord.com")),
    "discord.gg": Site("discord.com", rule=_discord_invitation),
    **_under("luma.com lu.ma", Site("luma.com")),
    "open.spotify.com": Site("open.spotify.com", drops=_words("si"), rule=_spotify),
    **_under(
        "www.facebook.com facebook.com m.facebook.com mbasic.facebook.com web.facebook.com",
        Site("www.facebook.com", drops=_words("__tn__ refsrc rdid")),
    ),
    **_under(
        "www.threads.com threads.com www.threads.net threads.net",
        Site("www.threads.com", drops=_words("xmt slof")),
    ),
    **_under("www.instagram.com instagram.com", Site("www.instagram.com", drops=_words("ig_rid"))),
    **_under("www.yna.co.kr yna.co.kr m.yna.co.kr", Site("www.yna.co.kr")),
    **_under("www.etnews.com etnews.com m.etnews.com", Site("www.etnews.com")),
    "docs.google.com": Site("docs.google.com", slash_free=False, drops=_DRIVE_DROPS),
    "drive.google.com": Site("drive.google.com", slash_free=False, drops=_DRIVE_DROPS),
    **_under(
        "www.theguardian.com theguardian.com amp.theguardian.com",
        Site("www.theguardian.com", drops=_words("CMP")),
    ),
    **_under(
        "www.nytimes.com nytimes.com",
        Site("www.nytimes.com", slash_free=False, drops=_words("smid smtyp")),
    ),
    **_under("vimeo.com www.vimeo.com", Site("vimeo.com", drops=_words("share"))),
    **_under("www.notion.so notion.so", Site("www.notion.so", drops=_words("pvs"))),
    **_under(
        "www.bilibili.com bilibili.com m.bilibili.com",
        Site("www.bilibili.com", drops=_BILIBILI_DROPS),
    ),
    "mp.weixin.qq.com": Site("mp.weixin.qq.com", drops=_WEIXIN_DROPS, rule=_weixin),
    # Each country's shop is a site.
    **{
        host: Site(f"www.amazon.{shop}", rule=_amazon)
        for shop in "com ca co.jp co.uk com.au com.br de es fr in it nl".split()
        for host in (f"www.amazon.{shop}", f"amazon.{shop}")
    },
    **_under(
        "blog.naver.com m.blog.naver.com",
        Site("blog.naver.com", drops=_NAVER_BLOG_DROPS, rule=_naver_blog),
    ),
    "n.news.naver.com": Site(
        "n.news.naver.com", drops=_words("sid type cds lfrom"), rule=_naver_news
    ),
    **_under("www.clien.net m.clien.net clien.net", Site("www.clien.net")),
}

# Sites of many hosts, by the last two labels: each name below keeps its own host.
DOMAINS: Final[dict[str, Site]] = {
    **_under(
        "wikipedia.org wiktionary.org wikibooks.org wikiquote.org wikisource.org wikinews.org "
        "wikiversity.org wikivoyage.org wikimedia.org",
        Site("", slash_free=False, rule=_wiki),
    ),
    "stackexchange.com": Site("", rule=_stack_exchange),
    "medium.com": Site("", rule=_medium),
    "substack.com": Site("", drops=_SUBSTACK_DROPS, rule=_substack),
    "tistory.com": Site("", rule=_tistory),
}

# Addresses that only send the reader on: host and path, and the parameter that holds the target.
WRAPPERS: Final[dict[str, tuple[str, ...]]] = {
    "www.google.com/url": ("q", "url"),
    "google.com/url": ("q", "url"),
    "l.facebook.com/l.php": ("u",),
    "lm.facebook.com/l.php": ("u",),
    "l.instagram.com/": ("u",),
    "duckduckgo.com/l/": ("uddg",),
    "slack-redir.net/link": ("url",),
    "www.youtube.com/redirect": ("q",),
    "out.reddit.com/": ("url",),
}
_AMP_PATH = re.compile(r"/(?:amp|[cv])/(s/)?(?=[^/]+\.)(.+)")


def target_of(address: Address) -> str | None:
    """The address that `address` merely leads to (a click counter, an AMP cache), if it does."""
    host = address.host
    if host in {"www.google.com", "google.com"} or host.endswith(".cdn.ampproject.org"):
        is_cache = host.endswith("t.org")
        match = _AMP_PATH.fullmatch(address.path)
        if match and is_cache != address.path.startswith("/amp/"):
            query = "?" + "&".join(address.pieces) if address.pieces else ""
            return f"{'https' if match.group(1) else 'http'}://{match.group(2)}{query}"
    for name in WRAPPERS.get(host + address.path, ()):
        target = address.value(name)
        if target:
            return _decoded(target)
    return None


def without_tracking(pieces: list[str]) -> list[str]:
    """The parts of a query that are not known to be tracking, in their order."""
    return [piece for piece in pieces if not _is_tracking(piece)]


def _is_tracking(piece: str) -> bool:
    name, _, value = piece.partition("=")
    name = name.lower()
    if name in TRACKING_NAMES or name.startswith(TRACKING_PREFIXES):
        return True
    # Medium marks every link so, also on the domains of its publications; X what it embeds.
    return (name == "source" and "---" in value) or (name == "ref_src" and value[:5] == "twsrc")


def apply_known_rules(address: Address) -> None:
    """Rewrite an address on a known site, on its usual port, to the one spelling of its page."""
    if address.port or address.user:
        return
    if address.host in _STATUS_MIRRORS and _STATUS.fullmatch(address.path):
        # These send everyone with a browser on to x.com.
        address.host = "x.com"
    site = SITES.get(address.host) or DOMAINS.get(_domain(address.host))
    if site is not None:
        site.apply(address)


def _domain(host: str) -> str:
    return ".".join(host.rsplit(".", 2)[-2:])


def _decoded(value: str) -> str | None:
    try:
        return unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        return None
