// Where a node's memory is: a sample of keys, each with its type and its bytes.
import { asList, asText, asWord, runAll, type Word } from '~/api/commands';
import type { KeyName } from '~/keys/scan';

export interface SampledKey {
  database: number;
  key: KeyName;
  type: string;
  bytes: number;
}

export interface Group {
  name: string;
  keys: number;
  bytes: number;
}

const perCall = 500;
const biggestKept = 50;
const mostPrefixes = 100;

export class Analysis {
  looked = 0;
  biggest: SampledKey[] = [];
  private readonly types = new Map<string, Group>();
  private readonly prefixes = new Map<string, Group>();

  add(sample: SampledKey): void {
    this.looked += 1;
    count(this.types, sample.type, sample.bytes);
    count(this.prefixes, prefixOf(sample.key.text), sample.bytes);
    const last = this.biggest.at(-1);
    if (this.biggest.length < biggestKept || (last !== undefined && sample.bytes > last.bytes)) {
      this.biggest.push(sample);
      this.biggest.sort((a, b) => b.bytes - a.bytes);
      this.biggest.length = Math.min(this.biggest.length, biggestKept);
    }
  }

  get byType(): Group[] {
    return sorted(this.types);
  }
  get byPrefix(): Group[] {
    return sorted(this.prefixes).slice(0, mostPrefixes);
  }
  get bytes(): number {
    return this.byType.reduce((sum, one) => sum + one.bytes, 0);
  }
}

function count(groups: Map<string, Group>, name: string, bytes: number): void {
  const group = groups.get(name) ?? { name, keys: 0, bytes: 0 };
  group.keys += 1;
  group.bytes += bytes;
  groups.set(name, group);
}

function sorted(groups: Map<string, Group>): Group[] {
  return [...groups.values()].sort((a, b) => b.bytes - a.bytes);
}

// Up to the last separator but one part: "user:17:name" belongs to "user:".
export function prefixOf(key: string): string {
  const at = key.indexOf(':');
  return at < 0 ? '' : key.slice(0, at + 1);
}

interface Options {
  node: string;
  databases: readonly number[];
  most: number;
  signal: AbortSignal;
  onProgress: (analysis: Analysis) => void;
}

// Scans database after database until so many keys were looked at.
export async function analyse(options: Options): Promise<Analysis> {
  const { node, databases, most, signal, onProgress } = options;
  const analysis = new Analysis();
  for (const database of databases) {
    let cursor = '0';
    do {
      const call = { node, database, signal };
      const [reply] = await runAll(call, [['SCAN', cursor, 'COUNT', perCall]]);
      const [next, names] = asList(reply ?? null);
      cursor = asText(next ?? null);
      const keys = asList(names ?? null).map((name) => ({
        word: asWord(name),
        text: asText(name),
      }));
      if (keys.length > 0) {
        const asked = keys.flatMap((key): Word[][] => [
          ['TYPE', key.word],
          ['MEMORY', 'USAGE', key.word],
        ]);
        const replies = await runAll(call, asked);
        keys.forEach((key, index) => {
          const bytes = replies[2 * index + 1];
          // It may have gone meanwhile.
          if (typeof bytes !== 'number') return;
          analysis.add({ database, key, type: asText(replies[2 * index] ?? null), bytes });
        });
      }
      onProgress(analysis);
    } while (cursor !== '0' && analysis.looked < most);
    if (analysis.looked >= most) break;
  }
  return analysis;
}
