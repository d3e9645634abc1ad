"""Suspicion: what a reader could be deceived by is shown to a moderator, and little else."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from links.normalizing import AddressError, canonicalize
from links.queue import explain, leads_elsewhere
from links.queue.suspicions import EXPLANATIONS, suspicions, text_mismatch

SUSPICIOUS = [
    ("http://203.0.113.7/x", "raw-ip", "203.0.113.7"),
    ("http://0x7f.1/", "raw-ip", "127.0.0.1"),
    ("http://[2001:db8::1]/", "raw-ip", "[2001:db8::1]"),
    ("https://bit.ly/3abc", "shortener", "bit.ly"),
    ("https://www.tinyurl.com/abc", "shortener", "tinyurl.com"),
    ("https://t.co/abc", "shortener", "t.co"),
    ("https://han.gl/abc", "shortener", "han.gl"),
    ("https://paypal.com@evil.example/login", "credentials", "paypal.com"),
    ("https://user:secret@example.org/", "credentials", "user:secret"),
    ("https://аpple.com/", "look-alike", "apple.com"),
    ("https://аррӏе.com/", "look-alike", "apple.com"),
    ("https://ɑpple.com/", "look-alike", "apple.com"),
    ("https://www.gîthub.com/", "look-alike", "github.com"),
    ("https://gıthub.com/", "look-alike", "github.com"),
    ("https://g00gle.com/", "look-alike", "google.com"),
    ("https://paypa1.com/", "look-alike", "paypal.com"),
    ("https://rnicrosoft.com/", "look-alike", "microsoft.com"),
    ("https://login.paypal.com.evil.example/", "look-alike", "paypal.com"),
    ("https://github.com.signin.example.org/", "look-alike", "github.com"),
    ("https://мyshop.example/", "mixed-script", "мyshop.example"),
    ("https://example.org/setup.exe", "executable", "setup.exe"),
    ("https://example.org/a/Tool.DMG?v=2", "executable", "Tool.DMG"),
    ("https://example.org/get?file=a/b/setup.msi", "executable", "setup.msi"),
    ("https://github.com/a/b/raw/main/run.bat", "executable", "run.bat"),
    ("https://raw.githubusercontent.com/a/b/main/run.jar", "executable", "run.jar"),
]
UNSUSPICIOUS = [
    "https://example.org/",
    "https://example.org:8443/demo",
    "https://bit.ly/",
    "https://bit.ly.example.org/abc",
    "https://youtu.be/dQw4w9WgXcQ",
    "https://aka.ms/wsl",
    "https://bücher.example/",
    "https://café.example/",
    "https://kapı.example/",
    "https://마리우스.kr/",
    "https://k팝.example/",
    "https://москва.com/",
    "https://яндекс.рф/",
    "https://пример.рф/",
    "https://💩.la/",
    "https://www.google.com/",
    "https://google.co.kr/",
    "https://www.google.com.au/",
    "https://microsoft.github.io/",
    "https://google-analytics.example/",
    "https://modern.example/",
    "https://openai.com/",
    "https://github.com/a/b/releases/download/v1/tool.exe",
    "https://github.com/a/b/blob/main/build.bat",
    "https://en.wikipedia.org/wiki/Svchost.exe",
    "https://example.org/install.sh",
    "https://example.org/a.exe.html",
    "https://example.org/.exe",
    "https://crates.io/crates/cargo-deb",
    "mailto:a@203.0.113.7.example",
]


@pytest.mark.parametrize(("url", "rule", "detail"), SUSPICIOUS)
def test_what_may_deceive_or_harm_is_found_and_named(url, rule, detail):
    assert suspicions(canonicalize(url)) == [(rule, detail)]


@pytest.mark.parametrize("url", UNSUSPICIOUS)
def test_what_is_merely_foreign_or_unusual_is_left_alone(url):
    assert suspicions(canonicalize(url)) == []


def test_every_reason_is_given():
    found = suspicions(canonicalize("http://bank@203.0.113.7/setup.exe"))
    assert [rule for rule, _detail in found] == ["credentials", "raw-ip", "executable"]


@pytest.mark.parametrize(
    ("text", "url", "detail"),
    [
        ("https://paypal.com/login", "https://evil.example/", "paypal.com → evil.example"),
        ("http://paypal.com", "https://evil.example/", "paypal.com → evil.example"),
        ("www.paypal.com, for members", "https://evil.example/", "paypal.com → evil.example"),
        ("paypal.com", "https://evil.example/", "paypal.com → evil.example"),
        ("«PayPal.com».", "https://evil.example/", "paypal.com → evil.example"),
        ("PAYPAL.COM", "https://evil.example/", "paypal.com → evil.example"),
        ("steamcommunity.com/gift/50", "https://u.to/x", "steamcommunity.com → u.to"),
        ("https://paypal.com", "https://github.com/evil/x", "paypal.com → github.com"),
        ("paypal.com", "https://paypal.com.evil.example/", "paypal.com → paypal.com.evil.example"),
        ("a.github.io", "https://b.github.io/", "a.github.io → b.github.io"),
        ("한글.kr", "https://evil.example/", "xn--bj0bj06e.kr → evil.example"),
    ],
)
def test_a_text_that_names_another_site_is_found(text, url, detail):
    assert text_mismatch(canonicalize(url), text) == ("text-mismatch", detail)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", "https://example.org/"),
        ("Read more", "https://example.org/"),
        ("paypal.com", "https://www.paypal.com/kr/home"),
        ("https://blog.example.co.uk/a", "https://example.co.uk/a"),
        ("https://youtu.be/dQw4w9WgXcQ", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("https://twitter.com/a/status/1", "https://x.com/a/status/1"),
        ("https://i.redd.it/a.png", "https://www.reddit.com/media?url=a"),
        ("hf.co", "https://huggingface.co/"),
        ("https://example.org/a", "https://web.archive.org/web/2020/https://example.org/a"),
        ("https://paypal.c…", "https://evil.example/"),
        ("Node.js", "https://nodejs.org/"),
        ("ASP.NET", "https://learn.microsoft.com/"),
        ("Socket.IO", "https://evil.example/"),
        ("cs.AI", "https://arxiv.org/list/cs.AI/recent"),
        ("lib.rs", "https://docs.example.org/"),
        ("train.py", "https://gist.example.org/1"),
        ("crates.io: what is new", "https://blog.rust-lang.org/"),
        ("crates.io", "https://github.com/rust-lang/crates.io"),
        ("Berlin.rs and friends", "https://www.meetup.com/berline-rs/"),
        ("response.call_arguments.delta", "https://platform.example.org/"),
        ("v1.2.3", "https://example.org/"),
        ("e.g. this", "https://example.org/"),
        ("127.0.0.1", "https://example.org/"),
        ("paypal.com", "mailto:a@example.org"),
    ],
)
def test_a_text_that_names_no_other_site_is_left_alone(text, url):
    assert text_mismatch(canonicalize(url), text) is None


@given(st.text("a.:/@%[]-_wW é한…\n", max_size=40) | st.text(max_size=40))
def test_no_text_makes_it_fail(text):
    text_mismatch("https://example.org/", text)
    try:
        canonical = canonicalize(f"https://{text}")
    except AddressError:
        return
    for found in suspicions(canonical):
        assert found.rule in EXPLANATIONS
    leads_elsewhere(canonical, f"https://{text}.example.org/")


@pytest.mark.parametrize(
    ("url", "final_url", "host"),
    [
        ("https://bit.ly/x", "https://evil.example/a", "evil.example"),
        ("https://old.example/", "https://www.casino.test/", "casino.test"),
        ("https://a.github.io/", "https://b.github.io/", "b.github.io"),
    ],
)
def test_leading_on_to_another_site_is_found(url, final_url, host):
    assert leads_elsewhere(url, final_url) == ("leads-elsewhere", host)


@pytest.mark.parametrize(
    ("url", "final_url"),
    [
        ("http://example.org/", "https://www.example.org/home"),
        ("https://blog.example.org/a", "https://example.org/blog/a"),
        ("https://x.com/a/status/1", "https://twitter.com/a/status/1"),
        ("https://doi.org/10.1145/1", "https://dl.acm.org/doi/10.1145/1"),
        ("https://example.org/", ""),
        ("https://example.org/", "about:blank"),
        ("mailto:a@example.org", "https://evil.example/"),
    ],
)
def test_staying_within_a_site_is_no_redirect_to_another(url, final_url):
    assert leads_elsewhere(url, final_url) is None


@pytest.mark.parametrize("language", ["en", "ko"])
def test_each_rule_says_in_words_what_it_found(language):
    with translation.override(language):
        sentences = {rule: explain(rule, "evil.example") for rule in EXPLANATIONS}
    assert all("evil.example" in sentence for sentence in sentences.values())
    if language == "ko":
        assert not any(sentence.isascii() for sentence in sentences.values())


def test_a_rule_of_another_version_is_told_by_its_detail_or_its_word():
    assert explain("moon-phase", "full") == "full"
    assert explain("moon-phase") == "moon-phase"
