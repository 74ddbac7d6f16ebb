// What the node says of its commands (COMMAND DOCS): completion, hints and help follow from it.
import { queryOptions } from '@tanstack/react-query';

import { asFields, asList, asText, isList, pairsOf, type Reply, run } from '~/api/commands';
import type { LineWord } from '~/shell/line';

export interface Argument {
  name: string;
  type: string;
  token?: string;
  optional: boolean;
  multiple: boolean;
  parts: Argument[];
}

export interface CommandDoc {
  name: string; // upper case: "CONFIG GET"
  summary: string;
  since: string;
  group: string;
  complexity: string;
  arguments: Argument[];
  isContainer: boolean;
}

function textAt(fields: Map<string, Reply>, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value : '';
}

function argumentOf(reply: Reply): Argument {
  const fields = asFields(reply);
  const flags = fields.get('flags');
  const flagged = (flag: string) =>
    flags !== undefined && isList(flags) && flags.some((one) => one === flag);
  const token = textAt(fields, 'token');
  const parts = fields.get('arguments');
  return {
    name: textAt(fields, 'display_text') || textAt(fields, 'name'),
    type: textAt(fields, 'type'),
    ...(token !== '' && { token }),
    optional: flagged('optional'),
    multiple: flagged('multiple'),
    parts: parts === undefined ? [] : asList(parts).map(argumentOf),
  };
}

function add(docs: Map<string, CommandDoc>, name: string, reply: Reply): void {
  const fields = asFields(reply);
  const subcommands = fields.get('subcommands');
  const parts = fields.get('arguments');
  const upper = name.toUpperCase().replace('|', ' ');
  docs.set(upper, {
    name: upper,
    summary: textAt(fields, 'summary'),
    since: textAt(fields, 'since'),
    group: textAt(fields, 'group'),
    complexity: textAt(fields, 'complexity'),
    arguments: parts === undefined ? [] : asList(parts).map(argumentOf),
    isContainer: subcommands !== undefined,
  });
  if (subcommands === undefined) return;
  for (const [sub, inner] of pairsOf(subcommands)) add(docs, asText(sub), inner);
}

export function readDocs(reply: Reply): Map<string, CommandDoc> {
  const docs = new Map<string, CommandDoc>();
  for (const [name, inner] of pairsOf(reply)) add(docs, asText(name), inner);
  return docs;
}

export type Docs = Map<string, CommandDoc>;

// All nodes of a platform speak the same commands.
export function docsQuery(node: string) {
  return queryOptions({
    queryKey: ['commands', 'docs'],
    queryFn: async ({ signal }) => readDocs(await run({ node, signal }, 'COMMAND', 'DOCS')),
    staleTime: Infinity,
  });
}

export function syntaxOf(argument: Argument): string {
  let text: string;
  if (argument.type === 'pure-token') {
    text = argument.token ?? argument.name;
  } else if (argument.type === 'oneof') {
    text = argument.parts.map(syntaxOf).join(' | ');
    if (argument.token !== undefined) text = `${argument.token} ${text}`;
  } else if (argument.type === 'block') {
    text = [argument.token, ...argument.parts.map(syntaxOf)].filter(Boolean).join(' ');
  } else {
    text = argument.token === undefined ? argument.name : `${argument.token} ${argument.name}`;
  }
  if (argument.multiple) text = `${text} [${text} …]`;
  if (argument.optional) return `[${text}]`;
  return argument.type === 'oneof' && argument.parts.length > 1 ? `<${text}>` : text;
}

// The command that a line is about, and how many of its words name it.
export function commandOf(
  docs: Docs,
  words: readonly LineWord[],
): { doc: CommandDoc; words: number } | undefined {
  const first = words[0]?.text.toUpperCase();
  if (first === undefined) return undefined;
  const second = words[1]?.text.toUpperCase();
  const sub = second === undefined ? undefined : docs.get(`${first} ${second}`);
  if (sub !== undefined) return { doc: sub, words: 2 };
  const doc = docs.get(first);
  return doc === undefined ? undefined : { doc, words: 1 };
}

// What is still to come behind the words that are there, as redis-cli shows it. Options are not
// matched with what was typed: past the required arguments all of them are shown.
export function hintFor(docs: Docs, words: readonly LineWord[], endsInSpace: boolean): string {
  const found = commandOf(docs, words);
  if (found === undefined || found.doc.isContainer) return '';
  let left = words.length - found.words;
  const rest: string[] = [];
  for (const argument of found.doc.arguments) {
    if (left > 0 && !argument.optional && !argument.multiple) {
      left -= argument.token === undefined ? 1 : 2;
      if (left >= 0) continue;
    }
    rest.push(syntaxOf(argument));
  }
  const text = rest.join(' ');
  if (text === '') return '';
  return endsInSpace ? text : ` ${text}`;
}

// Names that go on from what is typed: commands, and subcommands behind their container.
export function completions(
  docs: Docs,
  words: readonly LineWord[],
  endsInSpace: boolean,
): string[] {
  const first = words[0]?.text.toUpperCase() ?? '';
  const typesFirst = words.length === 1 && !endsInSpace;
  const typesSecond = (words.length === 1 && endsInSpace) || (words.length === 2 && !endsInSpace);
  let begin: string;
  if (typesFirst) begin = first;
  else if (typesSecond && docs.get(first)?.isContainer) {
    begin = `${first} ${words[1]?.text.toUpperCase() ?? ''}`;
  } else return [];
  const depth = begin.split(' ').length;
  return [...docs.keys()]
    .filter((name) => name.startsWith(begin) && name.split(' ').length === depth)
    .sort();
}
