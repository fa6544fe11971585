"""A page to listen to sounds: each with its picture and a player, and nothing loaded from elsewhere."""

from elegan.verbs.listen.page import Clip, clip, write_page

__all__ = ["Clip", "clip", "write_page"]
