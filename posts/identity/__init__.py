"""The identity of the site: name, look, language and days, as its owner set them."""

from posts.identity.composing import compose
from posts.identity.current import REMEMBERED, current, speaking, stored, time_zones
from posts.identity.zones import zone_choices, zone_words
