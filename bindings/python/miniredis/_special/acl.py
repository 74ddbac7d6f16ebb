"""Commands on ACL users whose shape in redis-py no rule gives; see __init__.py."""

# mypy: disable-error-code="no-any-return,name-defined,type-var,unused-ignore"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from miniredis._replies import DataError, client, listed, ok, text, text_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from miniredis._commands import Word

__all__ = ["Acl"]

FLAGS = ("on", "off", "nopass", "skip-sanitize-payload", "sanitize-payload")


def _texts(reply: Any) -> Any:
    return [text(each) for each in reply]


def _words(reply: Any) -> list[str]:
    return [word for word in text(reply).split(" ") if word]


def _user(reply: Any) -> Any:
    if reply is None:
        return None
    user = text_keys(reply)
    rules = _words(user["commands"])
    # They come as a set: in the order that Redis has, which redis-py shows.
    user["flags"] = sorted(_texts(user["flags"]), key=FLAGS.index)
    user["passwords"] = _texts(user["passwords"])
    user["keys"] = _words(user["keys"])
    user["channels"] = _words(user["channels"])
    user["commands"] = [rule for rule in rules if "@" not in rule]
    user["categories"] = [rule for rule in rules if "@" in rule]
    user["enabled"] = "on" in user["flags"]
    user["selectors"] = [
        {name: text(value) for name, value in text_keys(selector).items()}
        for selector in user["selectors"]
    ]
    return user


def _refusals(reply: Any) -> Any:
    entries = []
    for each in reply:
        entry = {name: text(value) for name, value in text_keys(each).items()}
        entry["client-info"] = client(entry["client-info"])
        entry["age-seconds"] = float(entry["age-seconds"])
        entries.append(entry)
    return entries


def _signed(rules: Iterable[Word], kind: str) -> list[str]:
    words: list[str] = [text(rule) for rule in rules]
    if not all(word.startswith(("+", "-")) for word in words):
        raise DataError(f'each {kind} begins with "+" or "-"')
    return words


def _pattern(key: Any) -> str:
    pattern: str = text(key)
    return pattern if pattern.startswith(("%", "~")) else f"~{pattern}"


def _passwords(given: Any, hashed: Any, nopass: bool) -> list[str]:
    if (given or hashed) and nopass:
        raise DataError("a user has passwords or needs none")
    words = []
    for word in _signed(listed(given or ()), "password"):
        words.append((">" if word[0] == "+" else "<") + word[1:])
    for word in _signed(listed(hashed or ()), "password"):
        words.append(("#" if word[0] == "+" else "!") + word[1:])
    return words


class Acl:
    """What the generator cannot make."""

    _run: Any

    def acl_cat(self, category: str | None = None) -> list[str]:
        """Return the categories of commands, or the commands of one."""
        return self._run(_texts, "ACL", "CAT", *((category,) if category else ()))

    def acl_deluser(self, *username: Word) -> int:
        """Delete users and close their connections; return how many there were."""
        return self._run(None, "ACL", "DELUSER", *username)

    def acl_dryrun(self, username: Word, *args: Word) -> Any:
        """Say whether a user may run a command: "OK", or why not."""
        return self._run(text, "ACL", "DRYRUN", username, *args)

    def acl_genpass(self, bits: int | None = None) -> str:
        """Make a password of so many bits as hex digits."""
        if bits is not None and not 0 < bits <= 4096:
            raise DataError("bits are 1 to 4096")
        return self._run(text, "ACL", "GENPASS", *(() if bits is None else (bits,)))

    def acl_getuser(self, username: Word) -> dict[str, Any] | None:
        """Return what a user is and may do; None: there is no such user."""
        return self._run(_user, "ACL", "GETUSER", username)

    def acl_help(self) -> list[str]:
        """Return help about ACL."""
        return self._run(_texts, "ACL", "HELP")

    def acl_list(self) -> list[str]:
        """Return all users with their rules."""
        return self._run(_texts, "ACL", "LIST")

    def acl_load(self) -> bool:
        """Read the users from the node's file."""
        return self._run(ok, "ACL", "LOAD")

    def acl_log(self, count: int | None = None) -> list[dict[str, Any]]:
        """Return what users were refused, the newest first."""
        if count is not None and type(count) is not int:
            raise DataError("count is an integer")
        return self._run(_refusals, "ACL", "LOG", *(() if count is None else (count,)))

    def acl_log_reset(self) -> bool:
        """Forget what users were refused."""
        return self._run(ok, "ACL", "LOG", "RESET")

    def acl_save(self) -> bool:
        """Write the users into the node's file."""
        return self._run(ok, "ACL", "SAVE")

    def acl_setuser(
        self,
        username: Word,
        enabled: bool = False,
        nopass: bool = False,
        passwords: str | Iterable[str] | None = None,
        hashed_passwords: str | Iterable[str] | None = None,
        categories: Sequence[str] | None = None,
        commands: Sequence[str] | None = None,
        keys: Iterable[Word] | None = None,
        channels: Iterable[Word] | None = None,
        selectors: Iterable[tuple[str, Word]] | None = None,
        reset: bool = False,
        reset_keys: bool = False,
        reset_channels: bool = False,
        reset_passwords: bool = False,
        **kwargs: Any,
    ) -> bool:
        """Make a user, or change one.

        Passwords, categories and commands begin with "+" or "-": "+secret", "+@read", "-get". Keys
        and channels are patterns; selectors are pairs of a rule of commands and one of keys.
        """
        words: list[Any] = ["reset"] if reset else []
        words += [word for word, given in (
            ("resetkeys", reset_keys),
            ("resetchannels", reset_channels),
            ("resetpass", reset_passwords),
        ) if given]  # fmt: skip
        words.append("on" if enabled else "off")
        words += _passwords(passwords, hashed_passwords, nopass)
        if nopass:
            words.append("nopass")
        for rule in _signed(categories or (), "category"):
            words.append(rule if rule[1:2] == "@" else f"{rule[0]}@{rule[1:]}")
        words += _signed(commands or (), "command")
        words += [_pattern(key) for key in keys or ()]
        words += [f"&{text(channel)}" for channel in channels or ()]
        for rule, key in selectors or ():
            words.append(f"({_signed((rule,), 'command')[0]} {_pattern(key)})")
        return self._run(ok, "ACL", "SETUSER", username, *words)

    def acl_users(self) -> list[str]:
        """Return the names of all users."""
        return self._run(_texts, "ACL", "USERS")

    def acl_whoami(self) -> str:
        """Return the user that the caller acts for."""
        return self._run(text, "ACL", "WHOAMI")
