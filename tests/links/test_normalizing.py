"""One page, one address: what keeps links together and what keeps them apart."""

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from links.normalizing import (
    RULES_VERSION,
    AddressError,
    canonicalize,
    has_owners,
    host_of,
    is_name,
    kind_of,
    registered_domain,
    source_key,
    source_name,
    trace,
)
from links.normalizing.sites import DOMAINS, SITES, TRACKING_NAMES, TRACKING_PREFIXES, WRAPPERS
from tests.corpus import CHECKOUT, corpus

SAME = [
    ("https://example.com/a#", "https://example.com/a"),
    ("https://example.com/a?", "https://example.com/a"),
    ("https://example.com/a?&x=1&", "https://example.com/a?x=1"),
    ("https://example.com/?b=1&a=2", "https://example.com/?a=2&b=1"),
    ("https://example.com/a#:~:text=word,-end", "https://example.com/a"),
    ("https://example.com/a#top:~:text=word", "https://example.com/a#top"),
    ("https://example.com/?UTM_Source=x", "https://example.com/"),
    ("https://example.com/100%", "https://example.com/100%25"),
    ("https://example.com/a b", "https://example.com/a%20b"),
    ("https://example.com/%2e%2E/a", "https://example.com/a"),
    ("https://example.com./a", "https://example.com/a"),
    ("https:\\\\example.com\\a", "https://example.com/a"),
    ("  https://exam\nple.com/a\t ", "https://example.com/a"),
    ("https://한글.kr/글", "https://xn--bj0bj06e.kr/%EA%B8%80"),
    ("https://EXAMPLE。com/", "https://example.com/"),
    ("https://xn--ls8h.la/", "https://💩.la/"),
    ("http://2130706433/", "http://127.0.0.1/"),
    ("http://0x7f.1/", "http://127.0.0.1/"),
    ("http://[2001:DB8:0:0::1]/", "http://[2001:db8::1]/"),
    ("https://youtube.com/shorts/dQw4w9WgXcQ", "https://youtu.be/dQw4w9WgXcQ?si=x"),
    ("https://youtu.be/dQw4w9WgXcQ?t=1m30s", "https://www.youtube.com/watch?t=90&v=dQw4w9WgXcQ"),
    ("https://youtu.be/dQw4w9WgXcQ#t=90", "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=90s"),
    ("https://www.youtube.com/embed/dQw4w9WgXcQ?start=9", "https://youtu.be/dQw4w9WgXcQ?t=9"),
    ("https://arxiv.org/pdf/hep-th/9901001v2.pdf", "https://arxiv.org/abs/hep-th/9901001v2"),
    ("https://doi.org/10.48550/arXiv.2405.04517", "https://arxiv.org/abs/2405.04517"),
    ("https://dx.doi.org/10.1145/ABC.1", "https://doi.org/10.1145/abc.1"),
    ("https://GitHub.com/Rust-Lang/Rust.git", "https://github.com/rust-lang/rust"),
    ("https://fxtwitter.com/Sama/status/1?s=20", "https://x.com/sama/status/1"),
    ("https://ko.m.wikipedia.org/wiki/한글", "https://ko.wikipedia.org/wiki/%ED%95%9C%EA%B8%80"),
    ("https://en.wikipedia.org/wiki/Go_%28game%29", "http://en.wikipedia.org/wiki/Go_(game)"),
    ("https://stackoverflow.com/questions/11/any-words", "https://stackoverflow.com/q/11"),
    ("https://m.blog.naver.com/abc/223", "https://blog.naver.com/abc/223"),
    (
        "https://blog.naver.com/PostView.naver?blogId=abc&logNo=223&redirect=Dlog",
        "https://blog.naver.com/abc/223",
    ),
    (
        "https://n.news.naver.com/mnews/article/001/0014?sid=105",
        "https://n.news.naver.com/article/001/0014",
    ),
    ("https://abc.tistory.com/m/12", "https://abc.tistory.com/12"),
    ("https://www.google.com/url?q=https%3A%2F%2Fa.dev%2F&sa=D", "https://a.dev/"),
    ("https://www.google.com/amp/s/a.dev/news/1", "https://a.dev/news/1"),
    ("https://a-dev.cdn.ampproject.org/c/s/a.dev/news/1", "https://a.dev/news/1"),
    (
        "https://towardsdatascience.com/a-1?source=rss----7f60cf5620c9---4",
        "https://towardsdatascience.com/a-1",
    ),
    ("https://example.com/?_bhlid=1&ref_src=twsrc%5Etfw", "https://example.com/"),
    ("https://m.facebook.com/events/1/?mibextid=a&__tn__=b", "https://www.facebook.com/events/1"),
    ("https://www.threads.net/@a/post/B?xmt=c", "https://www.threads.com/@a/post/B"),
    ("https://instagram.com/p/A_b/?igsh=c", "https://www.instagram.com/p/A_b"),
    ("https://m.yna.co.kr/view/AKR1", "https://www.yna.co.kr/view/AKR1"),
    ("https://m.etnews.com/20240510000001", "https://www.etnews.com/20240510000001"),
    ("https://twitter.com/Ann/status/12/photo/1", "https://x.com/ann/status/12"),
    ("https://x.com/i/web/status/12", "https://x.com/i/status/12"),
    (
        "https://old.reddit.com/r/Rust/comments/a1/words_of/",
        "https://reddit.com/r/rust/comments/a1",
    ),
    ("https://lobste.rs/s/a1b2/words_of", "https://lobste.rs/s/a1b2"),
    ("https://gitlab.com/a/b/", "https://gitlab.com/a/b"),
    ("https://music.youtube.com/watch?v=a&si=b", "https://music.youtube.com/watch?v=a"),
    (
        "https://amazon.co.jp/A-Book/dp/B00ABCDEF1/ref=sr_1_1?tag=a-20&th=1",
        "https://www.amazon.co.jp/gp/product/B00ABCDEF1",
    ),
    (
        "https://open.substack.com/pub/ann/p/a-b?r=1&utm_campaign=c",
        "https://ann.substack.com/p/a-b",
    ),
    ("https://www.nytimes.com/2024/a.html?smid=tw", "https://nytimes.com/2024/a.html"),
    ("https://www.theguardian.com/a?CMP=b", "https://www.theguardian.com/a"),
    ("https://vimeo.com/12?share=copy", "https://vimeo.com/12"),
    (
        "https://m.bilibili.com/video/BV1a/?spm_id_from=333.1007&vd_source=b",
        "https://www.bilibili.com/video/BV1a",
    ),
    (
        "https://mp.weixin.qq.com/s?__biz=A&mid=1&sn=b&chksm=c&scene=27#rd",
        "https://mp.weixin.qq.com/s?__biz=A&mid=1&sn=b",
    ),
    ("https://twitter.com/Ann/", "https://x.com/ann"),
    ("https://arxiv.org/abs/2405.04517?context=cs.AI", "https://arxiv.org/abs/2405.04517"),
    (
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PL1&index=2",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PL1",
    ),
    ("https://bsky.app/profile/a/post/3k?ref_src=embed", "https://bsky.app/profile/a/post/3k"),
    ("https://telegram.me/ann/12", "https://t.me/ann/12"),
    (
        "https://tiktok.com/@a/video/1?is_from_webapp=1&sender_device=pc",
        "https://www.tiktok.com/@a/video/1",
    ),
    ("https://m.twitch.tv/videos/1", "https://www.twitch.tv/videos/1"),
    ("https://pypi.python.org/pypi/Some_Name", "https://pypi.org/project/some-name/"),
    ("https://docs.rs/serde/latest/serde/", "https://docs.rs/serde/latest/serde"),
    ("https://apps.apple.com/us/app/a/id1?mt=8", "https://apps.apple.com/us/app/a/id1"),
    (
        "https://play.google.com/store/apps/details?id=a.b&hl=ko&gl=KR",
        "https://play.google.com/store/apps/details?id=a.b",
    ),
    ("https://open.spotify.com/intl-de/episode/1?si=a", "https://open.spotify.com/episode/1"),
    ("https://stackoverflow.com/a/12/34", "https://stackoverflow.com/questions/1/words/12#12"),
    ("https://en.m.wikipedia.org/w/index.php?title=A_b", "https://en.wikipedia.org/wiki/A%20b"),
    ("https://m.blog.naver.com/a/1?trackingCode=b", "https://blog.naver.com/a/1"),
    ("https://n.news.naver.com/article/1/2?cds=news_my", "https://n.news.naver.com/article/1/2"),
    ("https://example.com/a?wt.mc_id=b&dub_id=c&__readwiseLocation=", "https://example.com/a"),
    ("MAILTO:Ann@EXAMPLE.com", "mailto:Ann@example.com"),
]

APART = [
    ("https://x.com/ann", "https://x.com/ann/likes"),
    ("https://pypi.org/project/a", "https://pypi.org/project/a/1.0"),
    ("https://stackoverflow.com/a/12", "https://stackoverflow.com/questions/12"),
    ("https://stackoverflow.com/a/12#comment3_12", "https://stackoverflow.com/a/12"),
    (
        "https://en.wikipedia.org/w/index.php?title=A&action=history",
        "https://en.wikipedia.org/wiki/A",
    ),
    ("https://apps.apple.com/us/app/a/id1", "https://apps.apple.com/kr/app/a/id1"),
    (
        "https://podcasts.apple.com/us/podcast/a/id1?i=2",
        "https://podcasts.apple.com/us/podcast/a/id1?i=3",
    ),
    ("https://www.youtube.com/playlist?list=a", "https://www.youtube.com/playlist?list=b"),
    ("https://x.com/ann/status/12/analytics", "https://x.com/ann/status/12"),
    ("https://reddit.com/r/rust/comments/a1/w/c2", "https://reddit.com/r/rust/comments/a1/w"),
    ("https://lobste.rs/s/a1b2/w#c_d3", "https://lobste.rs/s/a1b2/w"),
    ("https://www.amazon.com/dp/B00ABCDEF1", "https://www.amazon.de/dp/B00ABCDEF1"),
    ("https://www.amazon.com/dp/B00ABCDEF1", "https://www.amazon.com/dp/B00ABCDEF2"),
    ("https://open.substack.com/pub/ann/p/a", "https://open.substack.com/pub/bob/p/a"),
    ("https://www.bilibili.com/video/BV1a?p=2", "https://www.bilibili.com/video/BV1a"),
    ("https://mp.weixin.qq.com/s?mid=1&idx=1", "https://mp.weixin.qq.com/s?mid=1&idx=2"),
    ("https://vimeo.com/12/a", "https://vimeo.com/12/b"),
    ("https://example.com/", "https://www.example.com/"),
    ("https://example.com/a//b", "https://example.com/a/b"),
    ("https://example.com/?a", "https://example.com/?a="),
    ("https://example.com/?b&a", "https://example.com/?a&b"),
    ("https://example.com/?p[][a]=1&p[][b]=2", "https://example.com/?p[][b]=2&p[][a]=1"),
    ("https://example.com/?ref=main", "https://example.com/?ref=next"),
    ("https://example.com/?source=a", "https://example.com/?source=b"),
    ("https://example.com/?q=100%25", "https://example.com/?q=100%2525"),
    ("https://example.com/a%3Fb", "https://example.com/a?b"),
    ("https://example.com/a%23b", "https://example.com/a#b"),
    ("https://a@example.com/", "https://example.com/"),
    ("https://example.com/?ref_src=a", "https://example.com/?ref_src=b"),
    ("https://m.example.com/a", "https://example.com/a"),
    ("https://example.com/a/amp/", "https://example.com/a/"),
    ("https://amp.example.com/a", "https://example.com/a"),
    ("https://www.facebook.com/a?story_fbid=1", "https://www.facebook.com/a?story_fbid=2"),
    ("https://www.instagram.com/p/A_b", "https://www.instagram.com/p/a_b"),
    ("https://github.com/a/b/blob/main/README.md", "https://github.com/a/b/blob/main/readme.md"),
    ("https://github.com/a/b?tab=security-ov-file", "https://github.com/a/b"),
    ("https://arxiv.org/pdf/2405.04517#page=4", "https://arxiv.org/abs/2405.04517"),
    ("https://www.youtube.com/watch?v=a&list=b", "https://www.youtube.com/watch?v=a"),
    ("https://www.youtube.com/embed/videoseries?list=a", "https://youtu.be/videoseries?list=a"),
    ("https://github.com:8443/a/b/", "https://github.com:8443/a/b"),
    ("https://en.wikipedia.org/wiki/AC/DC", "https://en.wikipedia.org/wiki/AC%2FDC"),
    ("https://en.wikipedia.org/wiki/Rust/", "https://en.wikipedia.org/wiki/Rust"),
    ("https://en.wikipedia.org/wiki/C%2B%2B", "https://en.wikipedia.org/wiki/C"),
    ("https://fxtwitter.com/", "https://x.com/"),
    ("https://www.google.com/url?q=javascript:alert(1)", "https://www.google.com/url?q=ftp://a"),
    ("https://x.com.evil.example/sama/status/1", "https://x.com/sama/status/1"),
    ("mailto:a@example.com?subject=join", "mailto:a@example.com?subject=leave"),
]


def test_known_pairs_are_told_right():
    lines = corpus("url-pairs.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line and not line.startswith("#")]
    wrong = [
        (verdict, a, b, why)
        for verdict, a, b, why in pairs
        if (canonicalize(a) == canonicalize(b)) is not (verdict == "same")
    ]
    assert len(pairs) > 40
    assert wrong == []


@pytest.mark.parametrize(("a", "b"), SAME)
def test_addresses_of_one_page_become_one(a, b):
    assert canonicalize(a) == canonicalize(b)


@pytest.mark.parametrize(("a", "b"), APART)
def test_addresses_of_two_pages_stay_two(a, b):
    assert canonicalize(a) != canonicalize(b)


def test_an_address_that_nothing_is_known_about_stays_as_it_is():
    for url in (
        "https://example.com/a/b.html?x=1&y=2#part-3",
        "http://www.example.com/~user/",
        "https://example.com:8443/#/route",
        "https://example.com/a?x=1&x=0",
    ):
        assert canonicalize(url) == url


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("javascript:alert(1)", "Not an http"),
        ("java\nscript:alert(1)", "Not an http"),
        ("data:text/html,x", "Not an http"),
        ("ftp://example.com/a", "Not an http"),
        ("/posts/a", "Not an http"),
        ("//example.com/a", "Not an http"),
        ("example.com", "Not an http"),
        ("https://", "names no host"),
        ("https:///?a", "names no host"),
        ("https://exa mple.com", "host name"),
        ("https://a..b/", "host name"),
        ("https://a℀b.com/", "host name"),
        (f"https://{'a' * 64}.com/", "host name"),
        ("https://example.com:x/", "port"),
        ("https://example.com:99999/", "port"),
        ("https://1.2.3.256/", "IPv4"),
        ("https://[::1", "IPv6"),
        ("https://[::1%eth0]/", "IPv6"),
        ("https://example.com/\ud800", "no text"),
        ("https://example.com/" + "a" * 9000, "longer than"),
        ("mailto:", "mail address"),
        ("mailto:nobody", "mail address"),
    ],
)
def test_what_is_no_address_is_refused_in_one_clear_line(url, message):
    with pytest.raises(AddressError, match=message) as caught:
        canonicalize(url)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_the_host_is_the_one_a_browser_would_go_to():
    assert host_of(canonicalize("https://good.example\\@evil.example/")) == "good.example"
    assert host_of(canonicalize("https://good.example@evil.example/")) == "evil.example"
    assert host_of(canonicalize("https://evil.example#@good.example/")) == "evil.example"


@pytest.mark.parametrize(
    ("url", "shown", "key"),
    [
        ("https://www.Example.com:8443/a", "example.com", "example.com"),
        ("https://blog.example.com/", "blog.example.com", "blog.example.com"),
        ("https://mobile.twitter.com/a", "x.com", "x.com"),
        ("https://www.com/", "www.com", "www.com"),
        ("https://마리우스.kr/", "마리우스.kr", "xn--oy2b1bt19anke.kr"),
        ("https://bücher.example/", "bücher.example", "xn--bcher-kva.example"),
        ("https://яндекс.рф/", "яндекс.рф", "xn--d1acpjx3f.xn--p1ai"),
        ("http://[::1]:80/", "[::1]", "[::1]"),
        ("mailto:a@example.com", "", ""),
    ],
)
def test_a_host_is_shown_in_its_script_and_known_by_its_ascii_name(url, shown, key):
    canonical = canonicalize(url)
    assert host_of(canonical) == shown
    assert source_key(canonical) == key


@pytest.mark.parametrize("url", ["https://аpple.com/", "https://аррӏе.com/", "https://ɑpple.com/"])
def test_a_host_that_imitates_another_is_shown_in_punycode(url):
    assert host_of(canonicalize(url)).startswith("xn--")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://youtu.be/dQw4w9WgXcQ", "video"),
        ("https://www.youtube.com/@someone", ""),
        ("https://vimeo.com/12345", "video"),
        ("https://arxiv.org/pdf/2405.04517.pdf", "paper"),
        ("https://arxiv.org/list/cs.CL/recent", ""),
        ("https://doi.org/10.1145/3359591.3359737", "paper"),
        ("https://github.com/rust-lang/rust", "code"),
        ("https://github.com/rust-lang/rust/blob/master/README.md", "code"),
        ("https://github.com/rust-lang/rust/issues/1", "thread"),
        ("https://github.com/rust-lang/rust/pull/2", "thread"),
        ("https://github.com/rust-lang", ""),
        ("https://github.com/orgs/rust-lang/repositories", ""),
        ("https://github.com/a/b/blob/main/paper.pdf", "pdf"),
        ("https://crates.io/crates/serde", "code"),
        ("https://huggingface.co/ibm-granite/granite-8b-code-instruct", "code"),
        ("https://huggingface.co/papers/2405.04517", "paper"),
        ("https://huggingface.co/blog/gemma", ""),
        ("https://twitter.com/sama/status/1788260474574000152", "thread"),
        ("https://old.reddit.com/r/rust/comments/abc123/title/", "thread"),
        ("https://news.ycombinator.com/item?id=1", "thread"),
        ("https://news.hada.io/topic?id=1", "thread"),
        ("https://users.rust-lang.org/t/some-words/12345", "thread"),
        ("https://example.com/a.PDF?x=1", "pdf"),
        ("https://example.com/a.mp3", "podcast"),
        ("https://open.spotify.com/episode/abc", "podcast"),
        ("https://example.com/", ""),
        ("mailto:a@example.com", ""),
        ("not an address", ""),
    ],
)
def test_host_and_path_tell_the_kind_of_a_page(url, kind):
    assert kind_of(url) == kind


HOSTS = """
    example.com EXAMPLE.com. www.youtube.com youtu.be arxiv.org doi.org twitter.com fxtwitter.com
    old.reddit.com github.com hf.co medium.com a.medium.com stackoverflow.com en.m.wikipedia.org
    blog.naver.com a.tistory.com n.news.naver.com discord.gg www.google.com duckduckgo.com
    a.cdn.ampproject.org 한글.kr 0x7f.1 [::1] a@example.com:80
"""
PIECES = r"""
    / . .. // % %2 %2F %7e %25 %2e ? # & = + ; : @ [] \ v= t=90 utm_source=x q=https://b.kr/ uddg=
    :~:text= #t=1m si=1 watch abs pdf 2405.04517 .pdf wiki %28a%29 status 123 A.git questions m
    mnews article amp s url l embed dQw4w9WgXcQ start=5 10.48550 arXiv.
"""
PATHS = st.lists(st.sampled_from(PIECES.split()) | st.text(max_size=4), max_size=12).map("".join)


@given(
    st.sampled_from(["http://", "HTTPS://", "https:/", "mailto:a@"]),
    st.sampled_from(HOSTS.split()),
    PATHS,
)
@example("https://", "www.youtube.com", "watch?v=A&t=90#t=1m")
@example("https://", "doi.org", "\x1fA%C3B")
@example("https://", "doi.org", "10.48550/arXiv.2405.04517V2")
def test_a_canonical_address_is_ascii_and_stays_what_it_is(scheme, host, path):
    try:
        once = canonicalize(f"{scheme}{host}/{path}")
    except AddressError:
        return
    assert once.isascii()
    assert canonicalize(once) == once
    if not once.startswith("mailto:"):
        assert re.match(r"https?://", once)
        assert urlsplit(once).path.startswith("/")


@given(st.text(max_size=60) | st.text("htps:/\\@[]%.#?&=a0é한 \n", max_size=60))
def test_no_text_makes_it_fail_in_another_way(text):
    for url in (text, "https://" + text, "mailto:" + text):
        try:
            canonical = canonicalize(url)
        except AddressError:
            continue
        assert isinstance(host_of(canonical), str)
        assert isinstance(kind_of(url), str)


def test_nested_wrappers_lead_to_the_address_within():
    assert canonicalize("https://" + "www.google.com/amp/s/" * 250 + "a.dev") == "https://a.dev/"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/Rust-Lang/rust", "github.com/rust-lang"),
        ("https://github.com/orgs/rust-lang/repositories", "github.com/rust-lang"),
        ("https://github.com/features/copilot", "github.com"),
        ("https://www.meetup.com/rust-berlin/events/1/", "meetup.com/rust-berlin"),
        ("https://www.meetup.com/de-DE/rust-berlin/events/1/", "meetup.com/rust-berlin"),
        ("https://www.meetup.com/find/?q=rust", "meetup.com"),
        ("https://www.threads.net/@a/post/B", "threads.com/@a"),
        ("https://a.github.io/b", "a.github.io"),
        ("mailto:a@example.com", ""),
    ],
)
def test_a_source_is_the_owner_where_many_share_a_host(url, name):
    assert source_name(canonicalize(url)) == name


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.example.com", "example.com"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("a.b.github.io", "b.github.io"),
        ("github.io", "github.io"),
        ("www.city.kawasaki.jp", "city.kawasaki.jp"),
        ("a.b.xn--3e0b707e", "b.xn--3e0b707e"),
        ("a.b.no-such-ending", "b.no-such-ending"),
        ("localhost", "localhost"),
        ("203.0.113.7", "203.0.113.7"),
        ("[2001:db8::1]", "[2001:db8::1]"),
    ],
)
def test_a_domain_is_what_somebody_registered(host, domain):
    assert registered_domain(host) == domain


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("www.example.com", True),
        ("a.github.io", True),
        ("co.uk", False),
        ("node.no-such-ending", False),
        ("a_file.sh", False),
        ("203.0.113.7", False),
        ("localhost", False),
    ],
)
def test_a_name_could_be_registered(host, is_one):
    assert is_name(host) is is_one


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("HTTPS://example.com:443", "spelling"),
        ("https://www.google.com/url?q=https%3A%2F%2Fexample.com%2F", "wrapper"),
        ("https://example.com/?utm_source=a", "tracking"),
    ],
)
def test_the_rule_that_makes_two_addresses_one_can_be_named(url, rule):
    steps = trace(url)
    assert next(name for name, step in steps.items() if step == "https://example.com/") == rule
    assert list(steps.values())[-1] == canonicalize(url)


def test_the_manual_names_every_rule():
    manual = (CHECKOUT / "docs" / "links.md").read_text(encoding="utf-8")
    hosts = {*SITES, *DOMAINS, *(name.partition("/")[0] for name in WRAPPERS)}
    words = set(re.findall(r"[\w.%-]+", manual))
    assert f"Version {RULES_VERSION}" in manual
    assert sorted({*hosts, *TRACKING_NAMES, *TRACKING_PREFIXES} - words) == []
    assert all(has_owners(host) for host in re.findall(r"^\| `([\w.]+)/…", manual, re.M))
