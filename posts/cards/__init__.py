"""Social cards: the pictures that other sites show beside a link to this one. Pure of Django."""

from posts.cards.drawing import HEIGHT, WIDTH, Card, can_draw, digest_of, draw
