"""Values of numbers without a detour through text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

    from miniredis import Node

__all__ = ["get_array"]


def get_array(
    node: Node[Any], name: Any, dtype: Any = "uint8", shape: Any = -1
) -> numpy.ndarray | None:
    """Return a string's bytes as a read-only array, or None if there is no such key.

    The array lies over the reply's bytes: nothing is copied but by the node.
    ``node.set(name, array)`` is the way in.

    Parameters
    ----------
    node
        Where the key is.
    name
        The key.
    dtype
        What the bytes are, such as ``"float32"``.
    shape
        As numpy's reshape takes it.

    Raises
    ------
    ValueError
        The bytes are not so many elements.

    Examples
    --------
    >>> import miniredis, numpy
    >>> from miniredis.buffers import get_array
    >>> node = miniredis.open()
    >>> node.set("v", numpy.arange(4, dtype="int16"))
    True
    >>> get_array(node, "v", "int16", (2, 2)).tolist()
    [[0, 1], [2, 3]]
    """
    import numpy

    before = node.decode_responses
    if before:
        raise ValueError("a node with decode_responses gives text: open one without for arrays")
    found = node.execute("GET", name)
    return None if found is None else numpy.frombuffer(found, dtype).reshape(shape)
