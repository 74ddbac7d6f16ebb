"""From the grammar of a command and a signature to the body that builds its words.

A signature is written as in Python, without ``self``. Required arguments of the grammar take the
required parameters in order; options take the parameter of their token's name, or of its alias.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

Grammar = list[dict[str, Any]]

# Parameters that redis-py does not call by the token's name.
ALIASES = {
    "REV": "desc",
    "TYPE": "_type",
    "DB": "destination_db",
    "ENTRIESREAD": "entries_read",
    "ENTRIESADDED": "entries_added",
    "MAXDELETEDID": "max_deleted_id",
    "NOVALUES": "no_values",
    "ASYNC": "asynchronous",
    "FREQ": "frequency",
}


class UnplaceableError(Exception):
    """A signature that does not fit its grammar; the text says which part."""


@dataclass
class Signature:
    """Parameters in order, with the text of their defaults."""

    required: list[str] = field(default_factory=list)
    optional: dict[str, str] = field(default_factory=dict)
    variable: str | None = None

    @staticmethod
    def parse(text: str) -> Signature:
        """Read ``name, value, *rest, ex=None``."""
        made = ast.parse(f"def f({text}): ...").body[0]
        assert isinstance(made, ast.FunctionDef)
        arguments = made.args
        names = [a.arg for a in arguments.args]
        defaults = [ast.unparse(d) for d in arguments.defaults]
        first = len(names) - len(defaults)
        optional = dict(zip(names[first:], defaults, strict=True))
        for name, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if default is None:
                raise UnplaceableError(f"{name.arg} needs a default")
            optional[name.arg] = ast.unparse(default)
        variable = arguments.vararg.arg if arguments.vararg else None
        return Signature(names[:first], optional, variable)


def identifier(name: str) -> str:
    """Return an argument's name as Python can have it."""
    made = "".join(c if c.isalnum() else "_" for c in name).strip("_").lower() or "value"
    return made + "_" if made in {"from", "in", "is", "not", "or", "and"} else made


def has(argument: dict[str, Any], flag: str) -> bool:
    """Return whether the argument has a flag, as COMMAND DOCS gives them."""
    return flag in (argument.get("flags") or ())


def derive(grammar: Grammar) -> str:
    """Return the signature of a command that no table speaks of."""
    required: list[str] = []
    optional: list[str] = []
    variable = ""
    keys_seen = False
    for argument in grammar:
        name = identifier(argument["name"])
        if argument["type"] == "key" and not has(argument, "multiple") and not keys_seen:
            name, keys_seen = "name", True
        if name.startswith("num") and argument["type"] == "integer":
            name = ""
        token = argument.get("token")
        if argument["type"] == "block" and token and counted(argument):
            variable = identifier(argument["arguments"][-1]["name"]) + "s"
        elif has(argument, "optional"):
            optional += options_of(argument)
            if has(argument, "multiple") and not token:
                variable = name + "s"
        elif has(argument, "multiple"):
            follows_count = bool(required) and required[-1] == ""
            if argument["type"] == "block":
                required.append("mapping")
            elif follows_count:
                required[-1] = name + "s"
                continue
            else:
                variable = name + "s"
        else:
            required.append(name)
    plain = [name for name in required if name]
    parts = [*plain, *([f"*{variable}"] if variable else []), *optional]
    return ", ".join(dict.fromkeys(parts))


def options_of(argument: dict[str, Any]) -> list[str]:
    """Return the parameters of an optional argument."""
    if argument["type"] in {"oneof", "block"} and not argument.get("token"):
        return [part for a in argument["arguments"] for part in options_of(a)]
    if argument["type"] == "block":
        return [f"{identifier(a['name'])}=None" for a in argument["arguments"]]
    default = "False" if argument["type"] == "pure-token" else "None"
    if has(argument, "multiple") and not argument.get("token"):
        return []
    name = argument.get("token") or argument["name"]
    return [f"{ALIASES.get(name, identifier(name))}={default}"]


def counted(argument: dict[str, Any]) -> bool:
    """Return whether a block is a count and so many words."""
    parts = argument["arguments"]
    return (
        len(parts) == 2
        and parts[0]["name"].startswith("num")
        and has(parts[1], "multiple")
        and parts[1]["type"] != "block"
    )


class Body:
    """The statements that put the words of one command together."""

    def __init__(self, name: str, grammar: Grammar, signature: Signature) -> None:
        self.fixed: list[str] = [repr(word) for word in name.split()]
        self.lines: list[str] = []
        self.open = list(signature.required)
        self.options = dict(signature.optional)
        self.variable = signature.variable
        for at, argument in enumerate(grammar):
            self.place(argument, grammar[at + 1] if at + 1 < len(grammar) else None)
        left = [*self.open, *self.options, *([self.variable] if self.variable else [])]
        if left:
            raise UnplaceableError(f"nothing takes {', '.join(left)}")

    def add(self, *expressions: str) -> None:
        """Put words behind those that are there."""
        if self.lines:
            self.lines.append(f"words += ({', '.join(expressions)},)")
        else:
            self.fixed += expressions

    def positional(self, argument: dict[str, Any]) -> str:
        """Return the next parameter for a required argument."""
        if self.open:
            return self.open.pop(0)
        for name in (identifier(argument["name"]), "id"):
            if name in self.options:
                del self.options[name]
                return name
        # A required argument that has a default: the first of those that are no token's.
        for name, default in list(self.options.items()):
            if default not in {"None", "False", "True"}:
                del self.options[name]
                return name
        raise UnplaceableError(f"no parameter for {argument['name']}")

    def all_of(self, argument: dict[str, Any]) -> str:
        """Return the expression for repeated words."""
        if argument["type"] == "block":
            return f"*pairs({self.positional(argument)})"
        if self.variable is not None:
            variable, self.variable = self.variable, None
            if self.open:
                return f"*listed({self.open.pop(0)}, {variable})"
            return f"*{variable}"
        return f"*listed({self.positional(argument)})"

    def place(self, argument: dict[str, Any], following: dict[str, Any] | None) -> None:
        """Add the words of one argument."""
        token = argument.get("token")
        if has(argument, "optional"):
            self.place_option(argument)
        elif argument["type"] == "block" and token and counted(argument):
            repeated = self.all_of(argument["arguments"][1]).removeprefix("*")
            if not repeated.isidentifier():
                self.lines = self.lines or [""]
                self.lines.append(f"fields = {repeated}")
                repeated = "fields"
            self.add(repr(token), f"len({repeated})", f"*{repeated}")
        elif has(argument, "multiple"):
            self.add(self.all_of(argument))
        elif argument["type"] == "block":
            raise UnplaceableError(f"the block {argument['name']}")
        elif (
            argument["name"].startswith("numkeys")
            and following is not None
            and self.open
            and has(following, "multiple")
        ):
            keys = self.open[0]
            self.lines.append(f"{keys} = listed({keys})")
            self.add(f"len({keys})")
        elif argument["type"] == "oneof" and any(a.get("token") for a in argument["arguments"]):
            self.add(self.positional(argument))
        else:
            word = instant(argument, self.positional(argument))
            self.add(*([repr(token)] if token else []), word)

    def place_option(self, argument: dict[str, Any]) -> None:
        """Add the words of an argument that may be left out."""
        token = argument.get("token")
        parts = argument.get("arguments") or []
        if argument["type"] == "oneof" and not token:
            for part in parts:
                self.place_option(part)
        elif argument["type"] == "block":
            self.place_block(argument)
        elif has(argument, "multiple") and not token:
            if self.variable is None:
                return
            self.add(f"*{self.variable}")
            self.variable = None
        else:
            self.place_token(argument, token)

    def place_block(self, argument: dict[str, Any]) -> None:
        """Add a block that may be left out: all of its parameters are given, or none."""
        parts = argument["arguments"]
        token = argument.get("token")
        names: list[str] = []
        flags: list[str] = []
        for part in parts:
            usual = ALIASES.get(
                part.get("token") or "", identifier(part.get("token") or part["name"])
            )
            replaced = {"offset": ("offset", "start"), "count": ("num", "count", "number")}
            tried = replaced.get(part["name"], ()) if token or not part.get("token") else ()
            found = next((n for n in (*tried, usual) if n in self.options), None)
            if found is None:
                return
            del self.options[found]
            (flags if part["type"] == "pure-token" else names).append(found)
        if not names:
            raise UnplaceableError(f"the block {argument['name']}")
        self.lines = self.lines or [""]
        if len(names) > 1:
            self.lines.append(
                f"if ({names[0]} is None) != ({names[1]} is None): "
                f"raise DataError('{names[0]} and {names[1]} are given both or not at all')"
            )
        self.lines.append(f"if {names[0]} is not None:")
        words = ", ".join([*([repr(token)] if token else []), *names])
        self.lines.append(f"    words += ({words},)")
        for flag in flags:
            self.lines.append(f"    if {flag}: words.append({flag.upper()!r})")

    def place_token(self, argument: dict[str, Any], token: str | None) -> None:
        """Add a flag, or a value with its token if it has one."""
        name = ALIASES.get(token or "", identifier(token or argument["name"]))
        if name not in self.options:
            others = [
                n for n in ("num", "number", "section", "pattern", "count") if n in self.options
            ]
            if token or not others:
                return
            name = others[0]
        default = self.options.pop(name)
        self.lines = self.lines or [""]
        if argument["type"] == "pure-token":
            self.lines.append(f"if {name}: words.append({token!r})")
        elif argument["type"] == "oneof":
            self.lines.append(f"if {name} is not None: words += ({token!r}, {name})")
        else:
            test = f"{name} is not None" if default == "None" else f"{name} != {default}"
            words = f"{token!r}, {instant(argument, name)}" if token else f"{name},"
            self.lines.append(f"if {test}: words += ({words})")


def instant(argument: dict[str, Any], name: str) -> str:
    """Return the expression for a time, which may be a timedelta or a datetime."""
    if argument["type"] == "unix-time":
        unit = "ms" if "milli" in argument["name"] else "s"
        return f"{unit}_since_1970({name})"
    if argument["name"] in {"seconds", "milliseconds"}:
        return f"{'ms' if argument['name'] == 'milliseconds' else 's'}_of({name})"
    return name
