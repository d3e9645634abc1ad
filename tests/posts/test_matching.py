"""Which item of the new text is which known item: pure rules."""

from posts.publishing.matching import Trait, match_items


def trait(
    title: str = "", url: str = "", *, section: str = "preview", anchor: str = "", text: str = ""
) -> Trait:
    return Trait(section, text or f"{title}|{url}|{anchor}", url, title, anchor)


A = trait("A", "https://a.example.org")
B = trait("B", "https://b.example.org")
C = trait("C", "https://c.example.org")


def test_unchanged_items_keep_their_identity_in_any_order() -> None:
    assert match_items([A, B, C], [], [C, A, B]) == [2, 0, 1]


def test_an_item_inserted_above_gets_no_known_identity() -> None:
    new = trait("New", "https://new.example.org")
    assert match_items([A, B], [], [new, A, B]) == [None, 0, 1]


def test_a_reworded_title_keeps_the_item_by_its_address() -> None:
    assert match_items([A, B], [], [trait("A, reworded", A.url), B]) == [0, 1]


def test_an_item_moved_to_another_section_is_found_by_its_address() -> None:
    moved = trait("A", A.url, section="overview", text="moved and reworded")
    assert match_items([A, B], [], [B, moved]) == [1, 0]


def test_a_corrected_address_keeps_the_item_by_its_title() -> None:
    assert match_items([A, B], [], [trait("A", "https://corrected.example.org"), B]) == [0, 1]


def test_a_corrected_address_keeps_the_item_by_an_anchor_that_is_unique() -> None:
    known = trait(url="https://x.example.org", anchor="The paper", text="old")
    found = trait(url="https://y.example.org", anchor="The paper", text="new")
    assert match_items([known], [], [found]) == [0]


def test_an_anchor_that_repeats_decides_nothing() -> None:
    known = [trait(url=f"https://x.example.org/{n}", anchor="read more") for n in range(2)]
    found = [trait(url="https://y.example.org", anchor="read more", text="new")]
    assert match_items(known, [], found) == [None]


def test_the_same_address_twice_in_a_section_pairs_up_in_order() -> None:
    known = [trait("One", A.url, text="1"), trait("Two", A.url, text="2")]
    found = [trait("Uno", A.url, text="3"), trait("Dos", A.url, text="4")]
    assert match_items(known, [], found) == [0, 1]


def test_a_sure_match_is_never_lost_to_a_weaker_one_above_it() -> None:
    found = [trait("Other words", A.url, text="other"), A]
    assert match_items([A], [], found) == [None, 0]


def test_a_removed_item_comes_back_with_its_text() -> None:
    assert match_items([B], [A], [A, B]) == [1, 0]


def test_a_removed_item_is_not_brought_back_by_its_title_alone() -> None:
    stranger = trait("A", "https://stranger.example.org", text="a stranger")
    assert match_items([B], [A], [stranger, B]) == [None, 0]


def test_a_living_item_wins_over_a_removed_one_with_the_same_address() -> None:
    removed = trait("Old", A.url, text="old")
    assert match_items([A], [removed], [trait("New words", A.url, text="new")]) == [0]
