"""The whole platform as one supervised group: ``miniredis up`` and ``miniredis doctor``.

Needs nothing but the standard library, so that it can say what else is missing.
"""
