"""The catalogue as Markdown and as one HTML page."""

from __future__ import annotations

import html
import re

from tools.reference.catalogue import Catalogue, Entry

INTRODUCTION = (
    "What a node of MiniRedis {version} understands, as the declarations of its commands say it; "
    "it shows the behaviour of Redis {redis_version}. The last column of each table compares with "
    "Redis 7.2: what differs there is what the transcripts in tests/commands declare, which are "
    "held against a real redis-server. What Redis has and a node has not stands at the end, with "
    "the reason. Keys are told by their places: the name is word 0."
)
NOT_THERE = "Not there"
STYLE = """
:root { color-scheme: light dark; --line: #8884; --weak: #888; --mark: #c33; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 68rem; padding: 1rem; }
h2 { border-bottom: 1px solid var(--line); margin-top: 3rem; }
h3 { font-family: ui-monospace, monospace; margin: 2rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; }
td, th { border-bottom: 1px solid var(--line); padding: .25rem .5rem; text-align: left;
  vertical-align: top; }
td:first-child { white-space: nowrap; font-family: ui-monospace, monospace; }
pre { background: #8881; border-radius: .3rem; margin: .3rem 0; overflow-x: auto; padding: .5rem; }
dl { display: grid; gap: .1rem 1rem; grid-template-columns: max-content 1fr; margin: .5rem 0; }
dt { color: var(--weak); } dd { margin: 0; }
nav a { margin-right: .8rem; white-space: nowrap; }
.differs { color: var(--mark); }
input { font: inherit; margin: 1rem 0; padding: .3rem .5rem; width: 20rem; }
"""
FILTER = """
const field = document.querySelector("input");
field.addEventListener("input", () => {
  const wanted = field.value.trim().toLowerCase();
  for (const row of document.querySelectorAll("tbody tr")) {
    row.hidden = !row.textContent.toLowerCase().includes(wanted);
  }
  for (const entry of document.querySelectorAll("article")) {
    entry.hidden = !entry.id.includes(wanted.replaceAll(" ", "-"));
  }
});
"""


def details(entry: Entry) -> list[tuple[str, str]]:
    """Return what is said of a command below its line, as pairs of a name and a text."""
    said = [
        ("since", entry.since),
        ("complexity", entry.complexity),
        ("arity", str(entry.arity)),
        ("flags", ", ".join(entry.flags)),
        ("ACL categories", " ".join(entry.categories)),
        ("keys", "; ".join(entry.keys)),
        ("compared with Redis 7.2", entry.compared),
    ]
    return [(name, text) for name, text in said if text]


def example(entry: Entry) -> str:
    """Return the example and its reply."""
    return f"> {entry.example}\n{entry.example_reply}".rstrip()


def anchor_of(title: str) -> str:
    """Return the anchor of a heading, as Markdown has it."""
    return title.lower().replace(" ", "-")


def sentence(text: str) -> str:
    """Return the text with a full stop."""
    return text if text.endswith(".") else text + "."


def check_anchors(catalogue: Catalogue) -> None:
    """Refuse two headings of one name."""
    anchors = [entry.anchor for entry in catalogue.entries]
    anchors += [anchor_of(title) for title, _ in catalogue.groups()] + [anchor_of(NOT_THERE)]
    twice = {anchor for anchor in anchors if anchors.count(anchor) > 1}
    if twice:
        raise SystemExit(f"headings of the same name: {sorted(twice)}")


# --------------------------------------------------------------- Markdown


def cell(text: str) -> str:
    """Return a text that stands in a table, or in a line, as it is."""
    return re.sub(r"([|<*_\\])", r"\\\1", text)


def markdown_entry(entry: Entry) -> str:
    """Return the part about one command."""
    lines = [f"### {entry.name}", "", sentence(cell(entry.summary)), ""]
    lines += [f"    {entry.line}", ""]
    lines += [f"- {name}: {cell(text)}" for name, text in details(entry)]
    lines += ["", *(f"    {line}".rstrip() for line in example(entry).splitlines()), ""]
    return "\n".join(lines)


def markdown(catalogue: Catalogue) -> str:
    """Return the page as Markdown."""
    groups = catalogue.groups()
    parts = [
        "# Commands\n",
        INTRODUCTION.format(version=catalogue.version, redis_version=catalogue.redis_version)
        + "\n",
        "\n".join(f"- [{title}](#{anchor_of(title)})" for title, _ in groups)
        + f"\n- [{NOT_THERE}](#{anchor_of(NOT_THERE)})\n",
    ]
    for title, entries in groups:
        parts.append(f"## {title}\n")
        rows = ["| command | what it does | since | compared with Redis 7.2 |", "|---|---|---|---|"]
        rows += [
            f"| [{cell(entry.name)}](#{entry.anchor}) | {cell(sentence(entry.summary))} "
            f"| {entry.since} | {cell(entry.compared)} |"
            for entry in entries
        ]
        parts.append("\n".join(rows) + "\n")
        parts += [markdown_entry(entry) for entry in entries]
    parts.append(f"## {NOT_THERE}\n")
    rows = ["| command of Redis 7.2 | why not |", "|---|---|"]
    rows += [f"| {cell(name)} | {cell(why)} |" for name, why in sorted(catalogue.not_there.items())]
    parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


# --------------------------------------------------------------- HTML


def shown(text: str) -> str:
    """Return a text as HTML; what stands in backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def html_compared(entry: Entry) -> str:
    """Return the comparison, marked where it differs."""
    text = shown(entry.compared)
    return text if entry.compared == "same" else f'<span class="differs">{text}</span>'


def html_entry(entry: Entry) -> str:
    """Return the part about one command."""
    said = "".join(
        f"<dt>{html.escape(name)}</dt>"
        f"<dd>{html_compared(entry) if text == entry.compared else shown(text)}</dd>"
        for name, text in details(entry)
    )
    return (
        f'<article id="{entry.anchor}"><h3>{html.escape(entry.name)}</h3>'
        f"<p>{shown(sentence(entry.summary))}</p><pre>{html.escape(entry.line)}</pre>"
        f"<dl>{said}</dl><pre>{html.escape(example(entry))}</pre></article>"
    )


def html_row(entry: Entry) -> str:
    """Return the row of one command in the table of its group."""
    cells = (
        f'<a href="#{entry.anchor}">{html.escape(entry.name)}</a>',
        shown(sentence(entry.summary)),
        entry.since,
        html_compared(entry),
    )
    return f"<tr>{''.join(f'<td>{text}</td>' for text in cells)}</tr>"


def html_table(heads: tuple[str, ...], rows: list[str]) -> str:
    """Return a table."""
    head = "".join(f"<th>{text}</th>" for text in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{chr(10).join(rows)}\n</tbody></table>"


def html_page(catalogue: Catalogue) -> str:
    """Return the page as HTML that needs nothing else."""
    groups = catalogue.groups()
    titles = [*(title for title, _ in groups), NOT_THERE]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Commands of MiniRedis</title><style>{STYLE}</style></head><body><h1>Commands</h1>",
        f"<p>{shown(INTRODUCTION.format(**vars(catalogue)))}</p>",
        "<nav>",
        *(f'<a href="#{anchor_of(title)}">{html.escape(title)}</a>' for title in titles),
        "</nav>",
        '<input type="search" aria-label="Filter" placeholder="Filter commands">',
    ]
    for title, entries in groups:
        parts.append(f'<h2 id="{anchor_of(title)}">{html.escape(title)}</h2>')
        heads = ("command", "what it does", "since", "compared with Redis 7.2")
        parts.append(html_table(heads, [html_row(entry) for entry in entries]))
        parts += [html_entry(entry) for entry in entries]
    rows = [
        f"<tr><td>{html.escape(name)}</td><td>{shown(why)}</td></tr>"
        for name, why in sorted(catalogue.not_there.items())
    ]
    parts.append(f'<h2 id="{anchor_of(NOT_THERE)}">{NOT_THERE}</h2>')
    parts.append(html_table(("command of Redis 7.2", "why not"), rows))
    parts.append(f"<script>{FILTER}</script></body></html>")
    return "\n".join(parts) + "\n"
