// How a reply is laid out: a value, a list with numbers, a table of pairs, a table of records.
import { base64Of, bytesOf, errorOf, isList, type Reply } from '~/api/commands';

export type Layout =
  | { kind: 'value'; tone: 'text' | 'number' | 'nil' | 'error' | 'status'; text: string }
  | { kind: 'list'; items: readonly Reply[] }
  | { kind: 'pairs'; pairs: readonly (readonly [Reply, Reply])[] }
  | { kind: 'empty' };

const statusWords = new Set(['OK', 'QUEUED', 'PONG', 'Background saving started']);

// Commands that answer names and values in turn over RESP2, or pairs of a member and a score.
export function layoutOf(reply: Reply): Layout {
  if (reply === null) return { kind: 'value', tone: 'nil', text: '(nil)' };
  if (typeof reply === 'boolean') {
    return { kind: 'value', tone: 'number', text: reply ? '(true)' : '(false)' };
  }
  if (typeof reply === 'number') {
    const text = Number.isInteger(reply) ? `(integer) ${reply}` : `(double) ${reply}`;
    return { kind: 'value', tone: 'number', text };
  }
  if (typeof reply === 'string') {
    return statusWords.has(reply)
      ? { kind: 'value', tone: 'status', text: reply }
      : { kind: 'value', tone: 'text', text: reply };
  }
  if (isList(reply)) {
    if (reply.length === 0) return { kind: 'empty' };
    const scored = reply.every(
      (item) => isList(item) && item.length === 2 && !isList(item[0] ?? null) && isScore(item[1]),
    );
    if (!scored) return { kind: 'list', items: reply };
    return {
      kind: 'pairs',
      pairs: reply.map((item) => {
        const [member, score] = item as readonly Reply[];
        return [member ?? null, score ?? null] as const;
      }),
    };
  }
  return layoutOfObject(reply);
}

function isScore(reply: Reply | undefined): boolean {
  return typeof reply === 'number';
}

function layoutOfObject(reply: Readonly<Record<string, Reply>>): Layout {
  const error = errorOf(reply);
  if (error !== undefined) return { kind: 'value', tone: 'error', text: error };
  if (base64Of(reply) !== undefined) {
    return { kind: 'value', tone: 'text', text: bytesOf(reply) ?? '' };
  }
  const { map, push, double, big_number: bigNumber } = reply;
  if (Object.keys(reply).length === 1) {
    if (typeof double === 'string') {
      return { kind: 'value', tone: 'number', text: `(double) ${double}` };
    }
    if (typeof bigNumber === 'string') return { kind: 'value', tone: 'number', text: bigNumber };
    if (push !== undefined && isList(push)) return { kind: 'list', items: push };
    if (map !== undefined && isList(map)) {
      return {
        kind: 'pairs',
        pairs: map.filter(isList).map((pair) => [pair[0] ?? null, pair[1] ?? null] as const),
      };
    }
  }
  const pairs = Object.entries(reply);
  return pairs.length === 0 ? { kind: 'empty' } : { kind: 'pairs', pairs };
}

// As a person reads JSON; text that is JSON itself is shown as such.
export function jsonOf(reply: Reply): string {
  return JSON.stringify(withJsonInside(reply), null, 2);
}

function withJsonInside(reply: Reply): unknown {
  if (typeof reply === 'string' && /^\s*[[{]/.test(reply)) {
    try {
      return JSON.parse(reply);
    } catch {
      return reply;
    }
  }
  if (typeof reply !== 'object' || reply === null) return reply;
  if (isList(reply)) return reply.map(withJsonInside);
  return Object.fromEntries(
    Object.entries(reply).map(([name, value]) => [name, withJsonInside(value)]),
  );
}
