"""The version that the service tells."""

from miniredis import __version__ as VERSION  # noqa: N812 (a constant here)

__all__ = ["VERSION"]
