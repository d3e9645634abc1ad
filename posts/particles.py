"""Korean particles at the end of a word, where texts may have others, and behind an address.

So are the forms of 하다 and 되다, by which nouns become verbs, and what stands behind a plural.
What particles are: National Institute of Korean Language, 한국어 어문 규범 (조사). Only what can be
told by its letters alone is here; a word is never cut to less than two syllables.
"""

from __future__ import annotations

from itertools import product
from typing import Final

_SHORTEST: Final = 2  # syllables that stay
_CASES: Final = (
    "에 에서 에게 에게서 께 께서 한테 한테서 으로 로 으로서 로서 으로써 로써 와 과 하고 이랑 랑"
    " 까지 부터 처럼 보다 만큼 마다 대로 만 들 라고 이라고"
).split()
_TOPICS: Final = ("은", "는", "이", "가", "을", "를", "도", "의", "만")
_PLACES: Final = "에 에서 에게 한테 으로 로 와 과".split()
_BEHIND_PLACES: Final = "부터 까지 처럼 보다 만큼 밖에 조차 마저 나".split()
_OTHERS: Final = (
    "로부터 으로부터"
    " 조차 마저 밖에 이나 나 이며 며 이란 란 라는 이라는 라며 이라며 이든 든 이든지 든지"
    " 입니다 이에요 예요 이다 이고 이었다 였다 에선 에겐 로는 으로는 로도 으로도"
).split()
# Of the verbs that nouns become: what is left is such a noun.
_VERBS: Final = (
    "하는 하기 하다 한다 했다 했던 하면 하며 하여 해서 하지 하게 하고 하도록 하려면 하려고 하세요"
    " 합니다 했습니다 해요 했어요 하였다 하였습니다 한 할 해"
    " 되는 되기 되다 된다 됐다 됐던 되면 되며 되어 되어서 되지 되게 되고 되도록"
    " 됩니다 됐습니다 돼요 됐어요 되었다 되었습니다 되었어요 된 될 됨 돼"
).split()
_JOINED: Final = [
    *map("".join, product(_CASES, _TOPICS)),
    *map("".join, product(_PLACES, _BEHIND_PLACES)),
]
_OF_ONE: Final = (*_CASES, *_TOPICS, *_OTHERS, *_JOINED)
PARTICLES: Final = frozenset((*_OF_ONE, *(f"들{particle}" for particle in _OF_ONE), *_VERBS))
_LONGEST: Final = max(map(len, PARTICLES))


def without_particle(syllables: str, *, behind: bool = False) -> str | None:
    """Return a run of Hangul without the longest particle it ends with, or None without one.

    ``behind`` says that a Latin word or a number stands before it: then nothing needs to stay.
    """
    least = 0 if behind else _SHORTEST
    for length in range(min(_LONGEST, len(syllables) - least), 0, -1):
        if syllables[-length:] in PARTICLES:
            return syllables[:-length]
    return None
