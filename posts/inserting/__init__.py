"""Collected links and pasted addresses, on their way into the text of an issue."""

from posts.inserting.house import HouseForm, escape, escape_address, house_form
from posts.inserting.pasted import Pasted, look_at, note_of, title_before
from posts.inserting.waiting import house_form_of, waiting
