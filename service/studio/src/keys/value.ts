// What a key holds: what is known of it, and its elements a page at a time.
import {
  asList,
  asNumber,
  asText,
  asWord,
  base64Of,
  type Call,
  pairsOf,
  type Reply,
  run,
  runAll,
  type Word,
} from '~/api/commands';

export const valueTypes = ['string', 'hash', 'list', 'set', 'zset', 'stream'] as const;
export type ValueType = (typeof valueTypes)[number];

export interface KeyFacts {
  type: ValueType | 'none' | 'other';
  ttlMs: number; // -1: it stays
  encoding: string;
  bytes: number | undefined;
  length: number;
}

const lengthOf: Record<ValueType, string> = {
  string: 'STRLEN',
  hash: 'HLEN',
  list: 'LLEN',
  set: 'SCARD',
  zset: 'ZCARD',
  stream: 'XLEN',
};

function isValueType(type: string): type is ValueType {
  return (valueTypes as readonly string[]).includes(type);
}

export async function factsOf(call: Call, key: Word): Promise<KeyFacts> {
  const [type, ttl, encoding, bytes] = await runAll(call, [
    ['TYPE', key],
    ['PTTL', key],
    ['OBJECT', 'ENCODING', key],
    ['MEMORY', 'USAGE', key],
  ]);
  const name = asText(type ?? null);
  const known = isValueType(name);
  const length = known ? asNumber(await run(call, lengthOf[name], key)) : 0;
  return {
    type: known ? name : name === 'none' ? 'none' : 'other',
    ttlMs: asNumber(ttl ?? null),
    encoding: typeof encoding === 'string' ? encoding : '',
    bytes: typeof bytes === 'number' ? bytes : undefined,
    length,
  };
}

// A string is shown up to here.
export const mostText = 64 * 1024;

export interface TextValue {
  base64: string;
  whole: boolean;
}

export async function readText(call: Call, key: Word, length: number): Promise<TextValue> {
  const reply = await run({ ...call, encoding: 'base64' }, 'GETRANGE', key, 0, mostText - 1);
  return { base64: base64Of(reply) ?? '', whole: length <= mostText };
}

// One element of a collection: what names it, and what it is.
export interface Element {
  id: string; // of the row
  name: Word | undefined; // field, member, index, id of an entry
  nameText: string;
  value: Word | undefined; // none of a set
  valueText: string;
}

export interface ElementPage {
  elements: Element[];
  next: string | undefined; // where the next page begins
}

const pageSize = 200;

type Reader = (call: Call, key: Word, from: string | undefined) => Promise<ElementPage>;

function element(name: Reply, value: Reply): Element {
  const nameText = asText(name);
  return {
    id: nameText,
    name: asWord(name),
    nameText,
    value: asWord(value),
    valueText: asText(value),
  };
}

// By cursor, as HSCAN and SSCAN have it.
async function scanned(
  call: Call,
  command: string,
  key: Word,
  from: string | undefined,
): Promise<{ items: Reply; next: string | undefined }> {
  const [next, items] = asList(await run(call, command, key, from ?? '0', 'COUNT', pageSize));
  const cursor = asText(next ?? null);
  return { items: items ?? null, next: cursor === '0' ? undefined : cursor };
}

// By place; one more is asked for, to know whether there is another page.
function paged(from: string | undefined, items: Element[]): ElementPage {
  const start = Number(from ?? 0);
  const more = items.length > pageSize;
  return {
    elements: items.slice(0, pageSize),
    next: more ? String(start + pageSize) : undefined,
  };
}

// A score is a number, or the name of one that JSON has not: "inf".
function scoreText(score: Reply): string {
  if (typeof score === 'number') return String(score);
  const { double } = (score ?? {}) as { double?: Reply };
  return asText(double ?? null);
}

const readers: Record<Exclude<ValueType, 'string'>, Reader> = {
  hash: async (call, key, from) => {
    const { items, next } = await scanned(call, 'HSCAN', key, from);
    return { elements: pairsOf(items).map(([field, value]) => element(field, value)), next };
  },
  set: async (call, key, from) => {
    const { items, next } = await scanned(call, 'SSCAN', key, from);
    const elements = asList(items).map((member) => ({
      ...element(member, ''),
      value: undefined,
    }));
    return { elements, next };
  },
  list: async (call, key, from) => {
    const start = Number(from ?? 0);
    const items = asList(await run(call, 'LRANGE', key, start, start + pageSize));
    return paged(
      from,
      items.map((item, index) => element(String(start + index), item)),
    );
  },
  zset: async (call, key, from) => {
    const start = Number(from ?? 0);
    const items = asList(await run(call, 'ZRANGE', key, start, start + pageSize, 'WITHSCORES'));
    return paged(
      from,
      items.map((item) => {
        const [member, score] = asList(item);
        return element(member ?? null, scoreText(score ?? null));
      }),
    );
  },
  stream: async (call, key, from) => {
    const items = asList(await run(call, 'XRANGE', key, from ?? '-', '+', 'COUNT', pageSize));
    const elements = items.map((item) => {
      const [id, fields] = asList(item);
      const text = pairsOf(fields ?? [])
        .map(([field, value]) => `${asText(field)}=${asText(value)}`)
        .join('  ');
      return { ...element(id ?? null, ''), value: undefined, valueText: text };
    });
    const last = elements.at(-1);
    const next = elements.length < pageSize || last === undefined ? undefined : `(${last.id}`;
    return { elements, next };
  },
};

export function readElements(
  call: Call,
  key: Word,
  type: Exclude<ValueType, 'string'>,
  from: string | undefined,
): Promise<ElementPage> {
  return readers[type](call, key, from);
}

// Puts an element in; of a stream `name` is not used, and of a list it is the place, or nothing to
// append.
export async function putElement(
  call: Call,
  key: Word,
  type: Exclude<ValueType, 'string'>,
  name: Word,
  value: string,
): Promise<void> {
  switch (type) {
    case 'hash':
      await run(call, 'HSET', key, name, value);
      break;
    case 'set':
      await run(call, 'SADD', key, name);
      break;
    case 'zset':
      await run(call, 'ZADD', key, value, name);
      break;
    case 'list':
      if (name === '') await run(call, 'RPUSH', key, value);
      else await run(call, 'LSET', key, name, value);
      break;
    case 'stream':
      await run(call, 'XADD', key, '*', ...entryWords(value));
  }
}

// "field=value" a line.
export function entryWords(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [line.trim(), ''] : [line.slice(0, at).trim(), line.slice(at + 1)];
    });
}

export async function removeElement(
  call: Call,
  key: Word,
  type: Exclude<ValueType, 'string'>,
  { name = '' }: Element,
): Promise<void> {
  switch (type) {
    case 'hash':
      await run(call, 'HDEL', key, name);
      break;
    case 'set':
      await run(call, 'SREM', key, name);
      break;
    case 'zset':
      await run(call, 'ZREM', key, name);
      break;
    case 'stream':
      await run(call, 'XDEL', key, name);
      break;
    case 'list':
      await removeAt(call, key, name);
  }
}

// A list has no command that deletes by place: the element is marked with what nobody else has, and
// the mark is deleted, both in one transaction.
async function removeAt(call: Call, key: Word, index: Word): Promise<void> {
  const mark = `deleted ${Array.from(crypto.getRandomValues(new Uint32Array(4))).join('-')}`;
  const replies = await runAll(call, [
    ['MULTI'],
    ['LSET', key, index, mark],
    ['LREM', key, 1, mark],
    ['EXEC'],
  ]);
  const results = replies.at(-1) ?? null;
  for (const reply of asList(results)) {
    const { error } = (reply ?? {}) as { error?: string };
    if (error !== undefined) throw new Error(error);
  }
}

export async function setTtl(call: Call, key: Word, seconds: number | undefined): Promise<void> {
  if (seconds === undefined) await run(call, 'PERSIST', key);
  else await run(call, 'EXPIRE', key, seconds);
}

// The first element of a new key, which makes it.
export async function createKey(
  call: Call,
  key: string,
  type: ValueType,
  name: string,
  value: string,
): Promise<boolean> {
  if (asNumber(await run(call, 'EXISTS', key)) === 1) return false;
  if (type === 'string') await run(call, 'SET', key, value, 'NX');
  else await putElement(call, key, type, type === 'list' ? '' : name, value);
  return true;
}
