"""The auth service: users, log-in, sessions, and the access tokens that the gateway believes.

Start reading at `context.py`, which holds what a request needs, and `routes/`, which says what can
be asked. `tables.py` is what is stored. Everything that depends on the time asks the clock that the
context was given.
"""
