"""Commands whose shape in redis-py no rule gives.

The generator reads the annotations here: T is bytes or str, and a reply of type X is that of a
call, of a coroutine or of a step of a pipeline, whichever the class is. `_run` sees to it: it takes
what makes the reply of redis-py out of the node's, or None, and the words.
"""

from __future__ import annotations

from miniredis._special.acl import Acl
from miniredis._special.bits import Bits
from miniredis._special.collections import Collections
from miniredis._special.keys import Keys
from miniredis._special.node import Node
from miniredis._special.places import Places
from miniredis._special.scripts import Scripts
from miniredis._special.sorted_sets import SortedSets
from miniredis._special.streams import Streams

__all__ = ["SpecialCommands"]


class SpecialCommands(Keys, Bits, Collections, SortedSets, Places, Streams, Scripts, Acl, Node):
    """What Commands gets besides what is generated."""
