"""django-redis on a node: the cache of Django, and sessions that live in it.

The same is asked of a redis-server, so that a difference shows, and of Django's own backend.

incr() and lock() of django-redis are left out: it has them as scripts, which nodes do not run yet.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers import ServerProcess


@pytest.fixture(scope="module")
def django(shared_node: ServerProcess, redis_server: ServerProcess) -> None:
    """Set Django up with each server as a cache, by django-redis and by its own backend."""
    from django.conf import settings  # type: ignore[import-untyped]

    caches: dict[str, dict[str, Any]] = {}
    for name, server in (("node", shared_node), ("redis-server", redis_server)):
        url = f"redis://127.0.0.1:{server.port}"
        caches[name] = {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": f"{url}/5",
            "KEY_PREFIX": "site",
        }
        caches[f"{name} packed"] = {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": f"{url}/6",
            "OPTIONS": {"COMPRESSOR": "django_redis.compressors.zlib.ZlibCompressor"},
        }
        caches[f"{name} own"] = {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"{url}/7",
        }
    settings.configure(
        CACHES={**caches, "default": caches["node"]},
        SESSION_ENGINE="django.contrib.sessions.backends.cache",
        INSTALLED_APPS=["django.contrib.sessions"],
        SECRET_KEY="of a test",
    )
    import django  # type: ignore[import-untyped]

    django.setup()


@pytest.fixture(params=["node", "redis-server"])
def name(request: pytest.FixtureRequest) -> str:
    """Give the name of a server's cache."""
    return str(request.param)


@pytest.fixture
def cache(django: None, name: str) -> Iterator[Any]:
    from django.core.cache import caches  # type: ignore[import-untyped]

    caches[name].clear()
    yield caches[name]
    caches[name].clear()


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


def test_compressed_values_and_versions(cache: Any, name: str) -> None:
    from django.core.cache import caches

    packed = caches[f"{name} packed"]
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


def test_the_backend_of_django(django: None, name: str) -> None:
    from django.core.cache import caches

    cache = caches[f"{name} own"]
    cache.clear()
    cache.set("n", 5, timeout=100)
    assert cache.incr("n") == 6
    assert cache.decr("n", 10) == -4
    with pytest.raises(ValueError, match="not found"):
        cache.incr("missing")
    assert cache.add("n", 1) is False
    assert cache.set_many({f"k{n}": {"n": n} for n in range(50)}, timeout=100) == []
    assert cache.get_many(["k1", "k49", "k50"]) == {"k1": {"n": 1}, "k49": {"n": 49}}
    assert cache.touch("k1", None) is True
    assert cache.touch("k50") is False
    cache.delete_many(["k1", "k2"])
    assert cache.has_key("k1") is False
    assert cache.get_or_set("k1", "made") == "made"
    cache.clear()
    assert cache.get("k3") is None


def test_sessions(cache: Any, name: str) -> None:
    from importlib import import_module

    from django.conf import settings

    settings.SESSION_CACHE_ALIAS = name
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
