"""Sessions of a web application: a hash each, found by a random name, forgotten when idle."""

from __future__ import annotations

import secrets
import time

import miniredis


class SessionStore:
    """Sessions that end after some idle time."""

    def __init__(self, node: miniredis.Node[str], idle_seconds: float) -> None:
        self.node = node
        self.idle_ms = int(idle_seconds * 1000)

    def begin(self, user: str) -> str:
        """Begin a session; return its name, for a cookie."""
        name = secrets.token_urlsafe(24)
        with self.node.pipeline() as pipe:
            pipe.hset(f"session:{name}", mapping={"user": user, "since": int(time.time())})
            pipe.pexpire(f"session:{name}", self.idle_ms)
            pipe.sadd(f"sessions:{user}", name)
            pipe.execute()
        return name

    def user_of(self, name: str) -> str | None:
        """Return whose session it is, and let it live on."""
        user: str | None = self.node.hget(f"session:{name}", "user")
        if user is not None:
            self.node.pexpire(f"session:{name}", self.idle_ms)
        return user

    def end_all(self, user: str) -> int:
        """End all sessions of a user; return how many there were."""
        names = self.node.smembers(f"sessions:{user}")
        ended = self.node.delete(*(f"session:{name}" for name in names)) if names else 0
        self.node.delete(f"sessions:{user}")
        return int(ended)


def main() -> None:
    """Log in twice, be idle, log out everywhere."""
    store = SessionStore(miniredis.open(decode_responses=True), idle_seconds=1.0)
    phone, laptop = store.begin("ada"), store.begin("ada")
    begun = time.monotonic()
    while time.monotonic() < begun + 1.5:
        assert store.user_of(phone) == "ada"
        time.sleep(0.05)
    assert store.user_of(laptop) is None, "idle for longer than it may"
    assert store.user_of("made-up") is None
    assert store.end_all("ada") == 1
    assert store.user_of(phone) is None
    print("the used session lived on, the idle one ended, and so did the rest on request")


if __name__ == "__main__":
    main()
