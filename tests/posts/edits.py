"""Random edits of issues, one after the other, as people make them and as nobody does."""

import random
from collections.abc import Iterator

from posts.documents import split_header

WORDS = ("and more", "새 소식", "🔥", "**bold**", "[a link](https://new.example/{n})", "`code`")
# What sections say to others: footnotes, definitions, tags, links within the issue.
LINES = (
    "See it[^{n}], [there][ref], and [up](#one).\n\n[^{n}]: A note of [its](https://n.example/{n}).",
    "[ref]: https://ref.example/{n} 'Reference'",
    "[ref]: https://other.example/",
    "- [**New** entry {n}](https://entry.example/{n}): words\n  - below [it](https://b.example/)",
    "# One\n\n- [again](https://again.example/)",
    "## One\n\nwith [there][ref] <b>and tags",
    "<div>\n\n### In HTML\n\n</div>",
    "close it with </div> here, or <title> what follows\n\n-->",
    "<!-- open",
    "```\n# no heading",
    "Setext {n}\n===",
    "> quoted\n> # heading",
    "![picture](a.png) ![other](https://pictures.example/{n}.png)",
    '<a id="one"></a>\n\n[to it](#one)',
)


def edits(text: str, count: int, chance: random.Random) -> Iterator[str]:
    """Yield what a text becomes, edit by edit; its header stays."""
    header, text = split_header(text)
    for number in range(count):
        lines = text.split("\n")
        place, other = sorted(chance.randrange(len(lines)) for _ in range(2))
        kind = chance.choice(("reword", "reword", "insert", "insert", "delete", "move", "copy"))
        if kind == "reword":
            lines[place] += f" {chance.choice(WORDS)}".format(n=number)
        elif kind == "insert":
            lines[place:place] = ["", chance.choice(LINES).format(n=number), ""]
        elif kind == "delete":
            del lines[place : min(other, place + 5) + 1]
        else:
            some = lines[place : place + chance.randrange(1, 30)]
            if kind == "move":
                del lines[place : place + len(some)]
            lines[other:other] = some
        text = "\n".join(lines) or "\n"
        yield header + text
