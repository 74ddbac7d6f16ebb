"""Write the typed methods of all commands, and their stubs, from the declarations.

Run by the build once the extension is there: ``commands.py FOLDER`` imports
``FOLDER/miniredis/_core`` and writes ``_commands.py`` and ``_commands.pyi`` beside it. What is not
said by the declarations stands in shapes.py; methods that no rule gives are written by hand in
miniredis/_special.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from generate import shapes  # noqa: E402
from generate.signatures import Body, Signature, UnplaceableError, derive, identifier  # noqa: E402

HEAD = '''"""Made by the build from the commands' declarations; see bindings/python/generate."""

from __future__ import annotations

from miniredis._replies import *  # noqa: F403
from miniredis._special import SpecialCommands


class Commands(SpecialCommands):
    """A method for every command."""

    def __class_getitem__(cls, _):
        return cls

'''
TAIL = """

AsyncCommands = PipelineCommands = Commands
"""
STUB_HEAD = '''"""Made by the build from the declarations; see bindings/python/generate."""

import datetime
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, Literal, Protocol

from typing_extensions import Buffer, Self, TypeVar

from miniredis._special.scripts import Script

T = TypeVar("T", bytes, str, default=bytes)

class Array(Protocol):
    """A numpy array, which is a buffer, though types say so from Python 3.12 on only."""

    @property
    def __array_interface__(self) -> Any: ...

Word = str | Buffer | Array | int | float
Span = int | datetime.timedelta
Moment = int | datetime.datetime
'''
VIEWS = (
    ("Commands", "Every command as a call.", "{}"),
    ("AsyncCommands", "Every command as a coroutine.", "Coroutine[Any, Any, {}]"),
    ("PipelineCommands", "Every command as a step of a pipeline.", "Self"),
)


def load_core(folder: Path) -> Any:
    """Import the extension alone: the package needs what is made here."""
    found = next((folder / "miniredis").glob("_core*.so"))
    spec = importlib.util.spec_from_file_location("miniredis._core", found)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def grammars(core: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the arguments of each command, as COMMAND DOCS tells them."""
    node = core.Engine(shards=1).create_tenant("docs").create_node("docs", decode_responses=True)
    found: dict[str, list[dict[str, Any]]] = {}

    def note(name: str, docs: dict[str, Any]) -> None:
        found[name.upper().replace("|", " ")] = docs.get("arguments") or []
        for sub, inner in (docs.get("subcommands") or {}).items():
            note(sub, inner)

    for name, docs in node.execute("COMMAND", "DOCS").items():
        note(name, docs)
    return found


def by_method(table: dict[str, str]) -> dict[str, str]:
    """Turn ``{value: "method method"}`` around."""
    return {method: value for value, methods in table.items() for method in methods.split()}


def method_of(command: str) -> str:
    """Return the method's name."""
    usual = identifier(command.replace(" ", "_").replace("-", "_"))
    return shapes.NAMES.get(command, usual)


def docstring(info: dict[str, Any]) -> str:
    """Say what the command does, what it costs, and show it."""
    lines = [
        info["summary"],
        "",
        f"``{(info['name'] + ' ' + info['syntax']).strip()}``, since Redis {info['since']},",
        f"{info['complexity']}.",
        "",
        f"As a line: ``{info['example']}`` answers ``{info['example_reply']}``.",
    ]
    # A raw string, for examples show escapes.
    body = "\n        ".join(line.replace('"""', "'''") for line in lines)
    return f'        r"""{body}\n        """'.replace("        \n", "\n")


def written_by_hand() -> dict[str, ast.FunctionDef]:
    """Return the methods of _special."""
    found = {}
    for file in sorted((HERE.parent / "miniredis" / "_special").glob("*.py")):
        for statement in ast.parse(file.read_text()).body:
            if isinstance(statement, ast.ClassDef):
                found.update({f.name: f for f in statement.body if isinstance(f, ast.FunctionDef)})
    return found


def method_text(info: dict[str, Any], signature: str, body: Body, convert: str) -> str:
    """Return the method's source."""
    lines = [f"    def {method_of(info['name'])}(self, {signature}):".replace(", )", ")")]
    lines.append(docstring(info))
    before = [line for line in body.lines if line.startswith("keys")]
    after = [line for line in body.lines if line and not line.startswith("keys")]
    lines += [f"        {line}" for line in before]
    if after:
        lines.append(f"        words = [{', '.join(body.fixed)}]")
        lines += [f"        {line}" for line in after]
        lines.append(f"        return self._run({convert}, *words)")
    else:
        lines.append(f"        return self._run({', '.join([convert, *body.fixed])})")
    return "\n".join(lines) + "\n"


def parameter_type(name: str, default: str | None) -> str:
    """Return the type of a parameter, by what redis-py takes under that name."""
    if default in {"True", "False"}:
        return "bool"
    types = {
        "mapping": "Mapping[Any, Word]",
        "keys": "Word | Iterable[Word]",
        "values": "Word | Iterable[Word]",
        "members": "Word | Iterable[Word]",
        "message_ids": "Word | Iterable[Word]",
        "ex": "Span",
        "px": "Span",
        "seconds": "Span",
        "milliseconds": "Span",
        "time": "Span",
        "time_ms": "Span",
        "exat": "Moment",
        "pxat": "Moment",
        "when": "Moment",
        "score_cast_func": "Any",
    }
    base = types.get(name, "Word")
    return f"{base} | None" if default == "None" else base


def stub_parameters(signature: Signature, text: str) -> str:
    """Return the parameters with their types, in the order of `text`."""
    made = ast.parse(f"def f({text}): ...").body[0]
    assert isinstance(made, ast.FunctionDef)
    arguments = made.args
    parts = []
    for argument in arguments.args:
        default = signature.optional.get(argument.arg)
        kind = parameter_type(argument.arg, default)
        parts.append(f"{argument.arg}: {kind}" + (f" = {default}" if default else ""))
    if arguments.vararg:
        parts.append(f"*{arguments.vararg.arg}: Word")
    for argument in arguments.kwonlyargs:
        default = signature.optional[argument.arg]
        parts.append(f"{argument.arg}: {parameter_type(argument.arg, default)} = {default}")
    return ", ".join(["self", *parts])


def hand_stub(function: ast.FunctionDef, view: str) -> str:
    """Return the stub of a method that is written by hand."""
    returned = ast.unparse(function.returns) if function.returns else "Any"
    if returned.startswith("Iterator"):
        # Iterators run commands as they go: a pipeline has none.
        if view == "Self":
            return ""
        if view != "{}":
            returned = returned.replace("Iterator", "AsyncIterator")
    elif returned != "Script":  # which runs nothing before it is called
        returned = view.format(returned)
    return f"    def {function.name}({ast.unparse(function.args)}) -> {returned}: ...\n"


def main() -> None:
    """Write both files."""
    folder = Path(sys.argv[1])
    core = load_core(folder)
    trees = grammars(core)
    converters = by_method(shapes.CONVERTERS)
    types = by_method(shapes.TYPES)
    hand = written_by_hand()
    source = [HEAD]
    stubs: list[tuple[str, str, str]] = []
    for info in core.command_infos():
        command = info["name"]
        method = method_of(command)
        if command in shapes.LEFT_OUT or method in hand or "|" in command:
            continue
        if any(name.startswith(command + " ") for name in trees) and not trees[command]:
            continue  # a container
        text = shapes.SIGNATURES.get(method) or derive(trees[command])
        signature = Signature.parse(text)
        try:
            body = Body(command, trees[command], signature)
        except UnplaceableError as error:
            raise SystemExit(
                f"{command} has no method: {error}. Give it a signature in generate/shapes.py or "
                f"write it in miniredis/_special. Its grammar: {info['syntax']}"
            ) from None
        source.append(method_text(info, text, body, converters.get(method, "None")))
        stubs.append((method, stub_parameters(signature, text), types.get(method, "Any")))
    (folder / "miniredis" / "_commands.py").write_text("\n".join(source) + TAIL)

    views = [STUB_HEAD.replace("Iterator, ", "AsyncIterator, Iterator, ")]
    for name, summary, view in VIEWS:
        views.append(f'\nclass {name}(Generic[T]):\n    """{summary}"""\n\n')
        views += [
            f"    def {method}({parameters}) -> {view.format(returned)}: ...\n"
            for method, parameters, returned in stubs
        ]
        views += [hand_stub(f, view) for f in hand.values() if not f.name.startswith("_")]
    (folder / "miniredis" / "_commands.pyi").write_text("".join(views))


if __name__ == "__main__":
    main()
