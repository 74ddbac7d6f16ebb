// Names of keys, a piece at a time, and the tree of their prefixes.
import { asList, asText, asWord, type Call, run, type Word } from '~/api/commands';

export interface KeyName {
  word: Word; // what a command is given
  text: string; // what a person reads
}

export function idOf(word: Word): string {
  return typeof word === 'object' ? `b ${word.base64}` : `t ${word}`;
}

export interface ScanFilter {
  pattern: string;
  type: string; // empty: any
}

export interface ScanState {
  cursor: string; // "0": the scan is done
  keys: KeyName[];
  looked: number;
}

// How many names one press of a button finds, and how many calls it makes at most for them.
const wanted = 1_000;
const mostCalls = 40;
const perCall = 1_000;

// Goes on with a scan. A key that comes twice, as SCAN allows, is kept once.
export async function scanOn(
  call: Call,
  filter: ScanFilter,
  before: ScanState | undefined,
): Promise<ScanState> {
  const known = new Map(before?.keys.map((key) => [idOf(key.word), key]));
  const start = known.size;
  let cursor = before?.cursor ?? '0';
  let looked = before?.looked ?? 0;
  const options: Word[] = ['MATCH', filter.pattern === '' ? '*' : filter.pattern, 'COUNT', perCall];
  if (filter.type !== '') options.push('TYPE', filter.type);
  for (let calls = 0; calls < mostCalls; calls += 1) {
    const [next, names] = asList(await run(call, 'SCAN', cursor, ...options));
    cursor = asText(next ?? null);
    looked += perCall;
    for (const name of asList(names ?? null)) {
      const word = asWord(name);
      known.set(idOf(word), { word, text: asText(name) });
    }
    if (cursor === '0' || known.size - start >= wanted) break;
  }
  const keys = [...known.values()].sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  return { cursor, keys, looked };
}

export type TreeRow =
  | { kind: 'prefix'; id: string; label: string; depth: number; count: number; open: boolean }
  | { kind: 'key'; id: string; label: string; depth: number; key: KeyName };

interface Branch {
  branches: Map<string, Branch>;
  keys: KeyName[];
  count: number;
}

function branch(): Branch {
  return { branches: new Map(), keys: [], count: 0 };
}

const separator = ':';
const mostDepth = 8;

function treeOf(keys: readonly KeyName[]): Branch {
  const root = branch();
  for (const key of keys) {
    const parts = key.text.split(separator);
    let at = root;
    for (const part of parts.slice(0, Math.min(parts.length - 1, mostDepth))) {
      const next = at.branches.get(part) ?? branch();
      at.branches.set(part, next);
      next.count += 1;
      at = next;
    }
    at.keys.push(key);
  }
  return root;
}

// The rows in sight: prefixes that are open show what is below them. A prefix of a single key is not
// worth a row of its own.
export function rowsOf(keys: readonly KeyName[], open: ReadonlySet<string>): TreeRow[] {
  const rows: TreeRow[] = [];
  const walk = (at: Branch, prefix: string, depth: number) => {
    for (const [part, below] of at.branches) {
      const id = `${prefix}${part}${separator}`;
      if (below.count === 1) {
        addSingle(below, prefix, depth);
        continue;
      }
      const isOpen = open.has(id);
      rows.push({
        kind: 'prefix',
        id,
        label: `${part}${separator}`,
        depth,
        count: below.count,
        open: isOpen,
      });
      if (isOpen) walk(below, id, depth + 1);
    }
    for (const key of at.keys) addKey(key, prefix, depth);
  };
  const addKey = (key: KeyName, prefix: string, depth: number) => {
    const label = key.text.slice(prefix.length);
    rows.push({ kind: 'key', id: idOf(key.word), label, depth, key });
  };
  const addSingle = (below: Branch, prefix: string, depth: number) => {
    for (const key of below.keys) addKey(key, prefix, depth);
    for (const deeper of below.branches.values()) addSingle(deeper, prefix, depth);
  };
  walk(treeOf(keys), '', 0);
  return rows;
}
