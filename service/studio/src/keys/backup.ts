// All keys of a node out into an RDB file, and those of a file in.
import { asList, asText, base64Of, errorOf, runAll, type Word } from '~/api/commands';
import { base64OfBytes, bytesOfBase64 } from '~/keys/bytes';
import { type Entry, payloadOf, RdbReader, RdbWriter } from '~/keys/rdb';

export interface Progress {
  keys: number;
  share: number; // of 1
}

interface ExportOptions {
  node: string;
  databases: readonly { index: number; keys: number }[];
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

const perCall = 200;

export interface Exported {
  file: Blob;
  keys: number;
  bytes: number;
}

export async function exportKeys(options: ExportOptions): Promise<Exported> {
  const { node, databases, signal, onProgress } = options;
  const writer = new RdbWriter();
  const all = databases.reduce((sum, one) => sum + one.keys, 0);
  let keys = 0;
  for (const { index } of databases) {
    const call = { node, database: index, signal };
    // A scan may give a key twice; a file with a key twice is refused by Redis.
    const seen = new Set<string>();
    let cursor = '0';
    do {
      const [reply] = await runAll({ ...call, encoding: 'base64' }, [
        ['SCAN', cursor, 'COUNT', perCall],
      ]);
      const [next, names] = asList(reply ?? null);
      cursor = atob(base64Of(next ?? null) ?? btoa(asText(next ?? '0')));
      const fresh = asList(names ?? null)
        .map((name) => base64Of(name) ?? '')
        .filter((name) => !seen.has(name));
      fresh.forEach((name) => seen.add(name));
      const asked = fresh.flatMap((base64): Word[][] => [
        ['DUMP', { base64 }],
        ['PEXPIRETIME', { base64 }],
      ]);
      const replies =
        asked.length === 0 ? [] : await runAll({ ...call, encoding: 'base64' }, asked);
      fresh.forEach((name, at) => {
        const dumped = base64Of(replies[2 * at] ?? null);
        const expiry = replies[2 * at + 1];
        if (dumped === undefined) return; // gone meanwhile
        keys += 1;
        const time = typeof expiry === 'number' && expiry >= 0 ? expiry : undefined;
        writer.add(index, bytesOfBase64(name), dumped, time);
      });
      onProgress({ keys, share: all === 0 ? 1 : Math.min(1, keys / all) });
    } while (cursor !== '0');
  }
  return { file: writer.finish(), keys, bytes: writer.size };
}

export interface Imported {
  keys: number;
  skipped: number;
  expired: number;
  failed: number;
  firstFailure: string;
}

interface ImportOptions {
  node: string;
  file: Blob;
  replace: boolean;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

// Keys go in batches of about this size, for a request has a limit.
const mostKeys = 500;
const mostBytes = 512 * 1024;

export async function importKeys(options: ImportOptions): Promise<Imported> {
  const { node, file, replace, signal, onProgress } = options;
  const reader = new RdbReader(new Uint8Array(await file.arrayBuffer()));
  const result: Imported = { keys: 0, skipped: 0, expired: 0, failed: 0, firstFailure: '' };
  let batch: Entry[] = [];
  let bytes = 0;
  const send = async () => {
    const [first] = batch;
    if (first === undefined) return;
    const commands = batch.map((entry) => restoreOf(entry, reader.version, replace));
    const replies = await runAll({ node, database: first.database, signal }, commands);
    for (const reply of replies) note(result, errorOf(reply));
    batch = [];
    bytes = 0;
    onProgress({ keys: result.keys, share: reader.progress });
  };
  const now = Date.now();
  for (;;) {
    const entry = reader.next();
    if (entry === undefined) break;
    if (entry.expiry !== undefined && entry.expiry <= now) {
      result.expired += 1;
      continue;
    }
    const full = batch.length >= mostKeys || bytes + entry.value.length > mostBytes;
    if (full || (batch[0] !== undefined && batch[0].database !== entry.database)) await send();
    batch.push(entry);
    bytes += entry.value.length;
  }
  await send();
  return result;
}

function restoreOf(entry: Entry, version: number, replace: boolean): Word[] {
  const words: Word[] = [
    'RESTORE',
    { base64: base64OfBytes(entry.key) },
    entry.expiry ?? 0,
    { base64: base64OfBytes(payloadOf(entry, version)) },
  ];
  if (entry.expiry !== undefined) words.push('ABSTTL');
  if (replace) words.push('REPLACE');
  return words;
}

function note(result: Imported, error: string | undefined): void {
  if (error === undefined) {
    result.keys += 1;
  } else if (error.startsWith('BUSYKEY')) {
    result.skipped += 1;
  } else {
    result.failed += 1;
    if (result.firstFailure === '') result.firstFailure = error;
  }
}
