"""What slugs and keys of names keep: every letter of every script."""

import pytest

from posts.naming import heading_key, tag_slug, unicode_slug
from posts.rendering import make_anchor


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("हिन्दी साप्ताहिक", "हिन्दी-साप्ताहिक"),
        ("தமிழ்", "தமிழ்"),
        ("สวัสดีชาวโลก", "สวัสดีชาวโลก"),
        ("ทำงาน", "ทำงาน"),  # one vowel, which NFKC takes apart
        ("বাংলা খবর!", "বাংলা-খবর"),
        ("မြန်မာ", "မြန်မာ"),
        ("Llama 3 평가", "llama-3-평가"),
        ("Café", "café"),
    ],
)
def test_vowel_signs_are_letters(name: str, slug: str) -> None:
    assert unicode_slug(name) == tag_slug(name) == make_anchor(name) == slug
    assert heading_key(name)


@pytest.mark.parametrize("name", ["❤️ Love", "Love ❤️‍🔥", "️Love", "L️ove"])
def test_marks_that_stand_on_no_letter_are_left_out(name: str) -> None:
    assert unicode_slug(name) == make_anchor(name) == heading_key(name) == "love"


def test_words_that_differ_in_vowel_signs_are_two() -> None:
    assert heading_key("हिन्दी") != heading_key("हनद")
    assert heading_key("🔥 हिन्दी_समाचार:") == "हिन्दी समाचार"


def test_addresses_of_sections_keep_their_underscores() -> None:
    assert make_anchor("snake_case & more") == "snake_case-more"
