// Commands of a node over HTTP, with replies as docs/api.md has them: JSON's own integers, doubles and
// nulls, and small objects for what JSON lacks.
import { gateway, take } from '~/api/client';
import { ApiError } from '~/api/errors';

// Bytes that are no text travel in base64.
export type Word = string | number | { base64: string };

export type Reply =
  null | boolean | number | string | readonly Reply[] | { readonly [field: string]: Reply };

export interface Call {
  node: string;
  database?: number;
  signal?: AbortSignal;
  encoding?: 'text' | 'base64';
}

// What a command answered instead of its reply: "WRONGTYPE …".
export class CommandError extends ApiError {
  constructor(text: string) {
    super('problem', 'The instance refused the command', text);
  }
}

export function errorOf(reply: Reply): string | undefined {
  if (typeof reply !== 'object' || reply === null || isList(reply)) return undefined;
  if (Object.keys(reply).length !== 1) return undefined;
  const text = reply.error;
  return typeof text === 'string' ? text : undefined;
}

export function isList(reply: Reply): reply is readonly Reply[] {
  return Array.isArray(reply);
}

function orThrow(reply: Reply): Reply {
  const error = errorOf(reply);
  if (error !== undefined) throw new CommandError(error);
  return reply;
}

// One after the other, by one client. Errors stand among the replies.
export async function runAll(call: Call, commands: Word[][]): Promise<readonly Reply[]> {
  const { node, database = 0, signal, encoding = 'text' } = call;
  const answer: unknown = await take(
    gateway.POST('/v1/nodes/{node}/execute', {
      params: { path: { node } },
      body: { commands, database, encoding },
      ...(signal !== undefined && { signal }),
    }),
  );
  const { replies } = answer as { replies?: Reply[] };
  if (replies?.length !== commands.length) {
    throw new ApiError('shape', 'The server answered something unexpected', 'replies are missing');
  }
  return replies;
}

// The reply of one; throws a CommandError.
export async function run(call: Call, ...command: Word[]): Promise<Reply> {
  const [reply] = await runAll(call, [command]);
  return orThrow(reply ?? null);
}

// Readers of replies. They throw for what is of another shape, so that a panel says so.

function misfit(what: string): never {
  throw new ApiError('shape', 'The node answered something unexpected', `no ${what}`);
}

export function asList(reply: Reply): readonly Reply[] {
  return isList(reply) ? reply : misfit('list');
}

export function asNumber(reply: Reply): number {
  return typeof reply === 'number' ? reply : misfit('number');
}

// Text as it stands, and bytes that are none by their values.
export function asText(reply: Reply): string {
  if (typeof reply === 'string') return reply;
  if (typeof reply === 'number') return String(reply);
  return bytesOf(reply) ?? misfit('text');
}

// Fields by name, of a map or of names and values in turn.
export function asFields(reply: Reply): Map<string, Reply> {
  return new Map(pairsOf(reply).map(([name, value]) => [asText(name), value]));
}

export function pairsOf(reply: Reply): (readonly [Reply, Reply])[] {
  if (isList(reply)) {
    const pairs: [Reply, Reply][] = [];
    for (let at = 0; at + 1 < reply.length; at += 2) {
      pairs.push([reply[at] ?? null, reply[at + 1] ?? null]);
    }
    return pairs;
  }
  if (typeof reply !== 'object' || reply === null) return misfit('map');
  const { map } = reply as { map?: Reply };
  if (map !== undefined && isList(map)) {
    return map.map((pair) => (isList(pair) ? [pair[0] ?? null, pair[1] ?? null] : misfit('pair')));
  }
  return Object.entries(reply);
}

// The text of a value in base64, with \x for each byte that is no printable ASCII; nothing when it is
// no such value.
export function bytesOf(reply: Reply): string | undefined {
  const base64 = base64Of(reply);
  return base64 === undefined ? undefined : escaped(atob(base64));
}

export function base64Of(reply: Reply): string | undefined {
  if (typeof reply !== 'object' || reply === null || isList(reply)) return undefined;
  const value = reply.base64;
  return Object.keys(reply).length === 1 && typeof value === 'string' ? value : undefined;
}

export function escaped(binary: string): string {
  return binary.replace(
    /[^\x20-\x7e]/g,
    (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

// A word that means the same value again when it is sent.
export function asWord(reply: Reply): Word {
  const base64 = base64Of(reply);
  return base64 === undefined ? asText(reply) : { base64 };
}
