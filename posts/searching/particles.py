"""Korean particles at the end of a word of a query, which texts may have others of.

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
_OTHERS: Final = (
    "로부터 으로부터"
    " 조차 마저 밖에 이나 나 이며 며 이란 란 라는 이라는 라며 이라며 이든 든 이든지 든지"
    " 입니다 이에요 예요 이다 이고 이었다 였다 에선 에겐 로는 으로는 로도 으로도"
    " 하는 하기 하다 한다 했다 하면 하며 하여 해서 합니다 되는 된다 됐다 되어 되고 돼요 해요"
).split()
_JOINED: Final = (f"{case}{topic}" for case, topic in product(_CASES, _TOPICS))
PARTICLES: Final = frozenset((*_CASES, *_TOPICS, *_OTHERS, *_JOINED))
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
