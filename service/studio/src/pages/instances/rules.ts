// What the API asks of an instance's settings, so that it is said while one types.
import type { NodeCreate } from '~/api/nodes';
import { parseBytes } from '~/format';
import { strings } from '~/strings';

const words = strings.instances.form;
const leastMemory = 1024 ** 2;

export function nameFault(value: string): string | null {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(value) && !/^\.{1,2}$/.test(value) ? null : words.nameFault;
}

export function memoryFault(value: string): string | null {
  const bytes = parseBytes(value);
  return bytes !== undefined && bytes >= leastMemory ? null : words.memoryFault;
}

function integerFault(text: string, least: number, most: number, fault: string): string | null {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= least && value <= most ? null : fault;
}

export type PortChoice = 'any' | 'fixed' | 'router';

export interface CreateValues {
  name: string;
  tenant: string;
  memory: string;
  policy: NonNullable<NodeCreate['eviction_policy']>;
  password: string;
  port: PortChoice;
  portNumber: string;
  maxClients: string; // empty: the server's own
  ops: string;
  bytes: string;
  wait: string;
}

export const validation = {
  name: nameFault,
  memory: memoryFault,
  portNumber: (value: string, { port }: CreateValues) =>
    port === 'fixed' ? integerFault(value, 1, 65_535, words.portFault) : null,
  maxClients: (value: string) =>
    value === '' ? null : integerFault(value, 1, 1_000_000, words.maxClientsFault),
  ops: (value: string) => (value === '' ? null : integerFault(value, 0, 1e9, words.opsFault)),
  bytes: (value: string) =>
    value === '' || parseBytes(value) !== undefined ? null : words.bytesFault,
  wait: (value: string) => (value === '' ? null : integerFault(value, 0, 60_000, words.waitFault)),
};

function portOf({ port, portNumber }: CreateValues): boolean | number {
  if (port === 'fixed') return Number(portNumber);
  return port === 'any';
}

// What was left empty is not sent: the server's defaults hold then.
export function bodyOf(values: CreateValues, config?: NodeCreate['config']): NodeCreate {
  const { name, tenant, memory, policy, password, maxClients, ops, bytes, wait } = values;
  const quota = {
    ...(ops !== '' && { ops_per_second: Number(ops) }),
    ...(bytes !== '' && { bytes_per_second: parseBytes(bytes) ?? 0 }),
    ...(wait !== '' && { max_wait_ms: Number(wait) }),
  };
  return {
    name,
    memory_limit_bytes: parseBytes(memory) ?? 0,
    eviction_policy: policy,
    port: portOf(values),
    ...(tenant !== '' && { tenant }),
    ...(password !== '' && { password }),
    ...(maxClients !== '' && { max_clients: Number(maxClients) }),
    ...(Object.keys(quota).length > 0 && { quota }),
    ...(config !== undefined && Object.keys(config).length > 0 && { config }),
  };
}

// 32 characters of 64: 192 bits. None of them needs quoting anywhere.
export function newPassword(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => alphabet[byte % 64]).join(
    '',
  );
}
