"""django-redis on a node: the cache of Django, and sessions that live in it.

incr() and lock() are left out: django-redis has them as scripts, which nodes do not run yet.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers import ServerProcess


@pytest.fixture(scope="module")
def django(shared_node: ServerProcess) -> None:
    """Set Django up with the node as its cache."""
    from django.conf import settings  # type: ignore[import-untyped]

    settings.configure(
        CACHES={
            "default": {
                "BACKEND": "django_redis.cache.RedisCache",
                "LOCATION": f"redis://127.0.0.1:{shared_node.port}/5",
                "KEY_PREFIX": "site",
            },
            "packed": {
                "BACKEND": "django_redis.cache.RedisCache",
                "LOCATION": f"redis://127.0.0.1:{shared_node.port}/6",
                "OPTIONS": {"COMPRESSOR": "django_redis.compressors.zlib.ZlibCompressor"},
            },
        },
        SESSION_ENGINE="django.contrib.sessions.backends.cache",
        INSTALLED_APPS=["django.contrib.sessions"],
        SECRET_KEY="of a test",
    )
    import django  # type: ignore[import-untyped]

    django.setup()


@pytest.fixture
def cache(django: None) -> Iterator[Any]:
    from django.core.cache import cache as default  # type: ignore[import-untyped]

    default.clear()
    yield default
    default.clear()


def test_values(cache: Any) -> None:
    assert cache.get("missing") is None
    assert cache.get("missing", "fallback") == "fallback"
    cache.set("k", {"list": [1, 2.5, None], "text": "ü"}, timeout=100)
    assert cache.get("k") == {"list": [1, 2.5, None], "text": "ü"}
    assert 0 < cache.ttl("k") <= 100
    assert cache.add("k", 1) is False
    assert cache.add("new", 1) is True
    assert cache.has_key("new")
    assert cache.delete("new") is True
    assert cache.delete("new") is False
    assert cache.get_or_set("made", lambda: 7) == 7
    assert cache.touch("made", 50) is True
    assert cache.touch("missing", 50) is False


def test_many(cache: Any) -> None:
    cache.set_many({f"k{n}": n for n in range(100)}, timeout=100)
    assert cache.get_many([f"k{n}" for n in range(0, 200, 50)]) == {"k0": 0, "k50": 50}
    cache.delete_many(["k0", "k1"])
    assert cache.get("k0") is None
    assert sorted(cache.keys("k1*")) == sorted(["k10", *(f"k1{n}" for n in range(1, 10))])
    assert cache.delete_pattern("k9*") == 11
    assert len(list(cache.iter_keys("k*", itersize=10))) == 100 - 2 - 11


def test_times_to_live(cache: Any) -> None:
    cache.set("short", 1, timeout=0.05)
    deadline = time.monotonic() + 10
    while cache.get("short") is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    cache.set("stays", 1, timeout=None)
    assert cache.ttl("stays") is None
    assert cache.expire("stays", timeout=100) is True
    assert cache.persist("stays") is True
    assert cache.ttl("missing") == 0
    cache.set("gone", 1, timeout=0)
    assert cache.get("gone") is None


def test_compressed_values_and_versions(cache: Any) -> None:
    from django.core.cache import caches

    packed = caches["packed"]
    packed.set("page", "x" * 100_000)
    assert packed.get("page") == "x" * 100_000
    cache.set("v", "one", version=1)
    cache.set("v", "two", version=2)
    assert (cache.get("v", version=1), cache.get("v", version=2)) == ("one", "two")
    cache.incr_version("v", version=2)
    assert cache.get("v", version=3) == "two"
    packed.clear()


def test_hashes_and_sets_of_the_cache(cache: Any) -> None:
    client = cache.client
    client.sadd("tags", "a", "b")
    assert client.smembers("tags") == {"a", "b"}
    assert client.sismember("tags", "a")
    client.hset("h", "f", 1)
    assert client.hexists("h", "f")
    assert client.hlen("h") == 1


def test_sessions(cache: Any) -> None:
    from importlib import import_module

    from django.conf import settings

    store = import_module(settings.SESSION_ENGINE).SessionStore
    session = store()
    session["user"] = {"id": 42}
    session.set_expiry(100)
    session.save()
    again = store(session_key=session.session_key)
    assert again["user"] == {"id": 42}
    assert again.exists(session.session_key)
    again.cycle_key()
    assert again["user"] == {"id": 42}
    assert not again.exists(session.session_key)
    again.flush()
    assert store(session_key=again.session_key).get("user") is None
