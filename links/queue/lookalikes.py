"""Host names that pass for others: foreign letters that look Latin, digits for letters.

A name is suspicious if a reader could take it for another one, not because it is foreign:
`bücher.example`, `마리우스.kr` and `москва.com` are names of their own. See UTS #39 (confusables,
mixed scripts), from which the table of letters below takes what hosts may hold.
"""

import unicodedata
from itertools import pairwise
from typing import Final

import idna

from links.normalizing import DISTINCT_SCRIPTS, registered_domain, script_of

# Letters that readers take for Latin ones, by alphabet: each with the one it looks like.
_ALPHABETS: Final = (
    # Cyrillic, Greek, Armenian
    ("асԁеһіјӏорԛѕԝхуѵкԍ", "acdehijlopqswxyvkg"),
    ("αονρυκιτωγηχ", "aovpukitwynx"),
    ("օսհոցզռ", "ouhngqn"),
    # Latin: letters that no accent is taken off of, and phonetic ones
    ("đħıłøŧɑɡɩɪʟɴʀʏƅɍ", "dhilotagiilnrybr"),
)
_ALIKE: Final = {
    letter: latin for pair in _ALPHABETS for letter, latin in str.maketrans(*pair).items()
}
# Digits and pairs of letters that pass for one letter in a browser's font.
_DIGITS: Final = ("01357", "olest"), ("01357", "oiest")
_PAIRS: Final = ("rn", "m"), ("vv", "w")
# Names that are imitated because people give them passwords or money, or run what they offer.
# Long enough that no other word becomes one of them by chance.
BRANDS: Final = frozenset(
    """
    google youtube gmail apple icloud microsoft outlook amazon paypal facebook instagram whatsapp
    linkedin twitter github gitlab bitbucket netflix dropbox adobe spotify steamcommunity
    steampowered discord telegram coinbase binance kraken metamask opensea huggingface openai
    chatgpt anthropic reddit stackoverflow wikipedia cloudflare mozilla naver kakao kakaocorp
    coupang rust-lang python
    """.split()
)
# Endings under which these names are known.
_ENDINGS: Final = frozenset("com org net io co ai kr".split())


def mixes_scripts(host: str) -> bool:
    """Whether a label of an ASCII host mixes Latin letters with others that can look like them."""
    return any(_is_mixed(_decoded(label)) for label in host.split(".") if label[:4] == "xn--")


def imitated_name(host: str) -> str:
    """The name that an ASCII host could be taken for; "" if it is a name of its own."""
    labels = host.split(".")
    if labels[-1][:4] != "xn--":
        read = [_read(label) for label in labels]
        if read != labels:
            return ".".join(read)
    domain = registered_domain(host)
    label, _, suffix = domain.partition(".")
    if label not in BRANDS and (brand := _brand_like(label)):
        return f"{brand}.{suffix}"
    return _brand_in_front(host.removesuffix(domain))


def _is_mixed(label: str) -> bool:
    scripts = {script_of(char) for char in label if char.isalpha()}
    return "LATIN" in scripts and bool(scripts - DISTINCT_SCRIPTS - {"LATIN", "UNKNOWN"})


def _read(label: str) -> str:
    """A label as a reader may take it: itself, or the Latin word that it looks like.

    Accents alone deceive nobody, except on a name that everybody knows.
    """
    if label[:4] != "xn--":
        return label
    decoded = _decoded(label)
    bare = "".join(c for c in unicodedata.normalize("NFKD", decoded) if not c.isascii())
    latin = unicodedata.normalize("NFKD", decoded).translate(_ALIKE)
    latin = "".join(char for char in latin if not unicodedata.combining(char))
    if not latin.isascii():
        return label
    deceives = any(script_of(c) != "LATIN" for c in bare if c.isalpha()) or latin in BRANDS
    return latin if deceives else label


def _decoded(label: str) -> str:
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _brand_like(label: str) -> str:
    """The brand that a label spells with digits or pairs of letters; "" if none."""
    spelled = label
    for pair, letter in _PAIRS:
        spelled = spelled.replace(pair, letter)
    for digits, letters in _DIGITS:
        name = spelled.translate(str.maketrans(digits, letters))
        if name in BRANDS:
            return name
    return ""


def _brand_in_front(subdomain: str) -> str:
    """The address that a host begins with, though it is another's: `paypal.com.evil.example`."""
    labels = subdomain.split(".")
    for name, ending in pairwise(labels):
        if name in BRANDS and ending in _ENDINGS:
            return f"{name}.{ending}"
    return ""


def shown_name(host: str) -> str:
    """An ASCII host in its own letters, for people who are told that it is suspicious."""
    try:
        return idna.decode(host) if "xn--" in host else host
    except (idna.IDNAError, UnicodeError):
        return host
