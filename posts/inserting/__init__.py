"""Collected links and pasted addresses, on their way into the text of an issue."""

from posts.inserting.house import HouseForm, escape_address, house_form
from posts.inserting.waiting import COVERED, NEW, Waiting, house_form_of, waiting
