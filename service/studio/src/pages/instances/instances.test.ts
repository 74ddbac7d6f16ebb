import { afterEach, describe, expect, it } from 'vitest';

import { figures } from '~/api/figures';
import type { Node, NodeMetrics } from '~/api/nodes';
import { addressOf, addressText } from '~/pages/instances/address';
import { filtered, noFilters, sorted } from '~/pages/instances/listing';
import {
  bodyOf,
  type CreateValues,
  nameFault,
  newPassword,
  validation,
} from '~/pages/instances/rules';
import { snippetsOf } from '~/pages/instances/snippets';

function node(more: Partial<Node>): Node {
  return {
    id: '0'.repeat(16),
    name: 'cache',
    tenant: 'acme',
    state: 'running',
    host: '127.0.0.1',
    port: 7001,
    router: { port: 6379, tls_port: null, user: 'cache' },
    memory_limit_bytes: 41943040,
    eviction_policy: 'noeviction',
    max_clients: 100,
    shard: 0,
    config: {},
    created_at: '2026-01-01T00:00:00.000Z',
    version: 1,
    password_set: true,
    quota: { ops_per_second: 0, bytes_per_second: 0, max_wait_ms: 0 },
    ...more,
  };
}

const values: CreateValues = {
  name: 'cache',
  tenant: '',
  memory: '40mb',
  policy: 'noeviction',
  password: '',
  port: 'any',
  portNumber: '',
  maxClients: '',
  ops: '',
  bytes: '',
  wait: '',
};

describe('what is sent to create an instance', () => {
  it('leaves out what was left empty', () => {
    expect(bodyOf(values)).toEqual({
      name: 'cache',
      memory_limit_bytes: 41943040,
      eviction_policy: 'noeviction',
      port: true,
    });
  });

  it('has all that was given', () => {
    const all: CreateValues = {
      ...values,
      tenant: 'acme',
      password: 'p',
      port: 'fixed',
      portNumber: '7005',
      maxClients: '10',
      ops: '0',
      bytes: '1mb',
      wait: '50',
    };
    expect(bodyOf(all, { 'slowlog-max-len': '5' })).toMatchObject({
      tenant: 'acme',
      password: 'p',
      port: 7005,
      max_clients: 10,
      quota: { ops_per_second: 0, bytes_per_second: 1048576, max_wait_ms: 50 },
      config: { 'slowlog-max-len': '5' },
    });
    expect(bodyOf({ ...values, port: 'router' }).port).toBe(false);
  });

  it.each(['', '.', '..', 'a b', 'ä', 'x'.repeat(65), 'a/b'])('has no name %j', (name) =>
    expect(nameFault(name)).not.toBeNull(),
  );

  it.each(['a', 'a.b-c_D9', '...', 'x'.repeat(64)])('has a name %j', (name) =>
    expect(nameFault(name)).toBeNull(),
  );

  it('refuses numbers that the API refuses', () => {
    expect(validation.memory('10kb')).not.toBeNull();
    expect(validation.portNumber('70000', { ...values, port: 'fixed' })).not.toBeNull();
    expect(validation.portNumber('', values)).toBeNull();
    expect(validation.maxClients('0')).not.toBeNull();
    expect(validation.ops('1.5')).not.toBeNull();
    expect(validation.wait('60001')).not.toBeNull();
    expect(validation.bytes('lots')).not.toBeNull();
  });

  it('makes passwords that need no quoting', () => {
    expect(newPassword()).toMatch(/^[A-Za-z0-9_-]{32}$/);
    expect(newPassword()).not.toBe(newPassword());
  });
});

describe('an address', () => {
  it('is where the page came from when the node listens there or everywhere', () => {
    expect(addressOf(node({}), 'redis.example.com')).toEqual({
      host: 'redis.example.com',
      port: 7001,
    });
    expect(addressOf(node({ host: '10.0.0.5' }), 'x')).toEqual({ host: '10.0.0.5', port: 7001 });
  });

  it('is the router where there is no own port, and none where there is neither', () => {
    expect(addressOf(node({ port: null }), 'h')).toEqual({ host: 'h', port: 6379, user: 'cache' });
    expect(addressOf(node({ port: null, router: null }), 'h')).toBeUndefined();
  });

  it('puts IPv6 in brackets', () => expect(addressText({ host: '::1', port: 1 })).toBe('[::1]:1'));
});

describe('snippets', () => {
  const hostile = `a'b"c\\d$(id)`;
  const all = snippetsOf({ host: 'h', port: 7001, user: 'cache', password: hostile });
  const code = (key: string) => all.find((one) => one.key === key)?.code ?? '';

  it('quote a password for a shell', () => {
    expect(code('redis-cli')).toBe(
      `redis-cli -h h -p 7001 --user cache --pass 'a'\\''b"c\\d$(id)'`,
    );
  });

  it('quote it for programs and addresses', () => {
    expect(code('python')).toContain(`password=${JSON.stringify(hostile)}`);
    expect(code('go')).toContain(JSON.stringify(hostile));
    for (const key of ['node', 'java', 'rust']) {
      const url = /redis:\/\/[^"]+/.exec(code(key))?.[0] ?? '';
      expect(decodeURIComponent(new URL(url).password)).toBe(hostile);
    }
  });

  it('have no login where there is none', () => {
    const plain = snippetsOf({ host: 'h', port: 1, password: undefined });
    expect(plain.map((one) => one.code).join()).not.toMatch(/pass|user|@/i);
  });
});

describe('the list', () => {
  const nodes = [
    node({ id: 'a'.repeat(16), name: 'cache-10', tenant: 'acme', port: 7001 }),
    node({ id: 'b'.repeat(16), name: 'cache-9', tenant: 'bits', state: 'stopped', port: 7002 }),
    node({ id: 'c'.repeat(16), name: 'jobs', tenant: 'acme', port: null }),
  ];
  const names = (some: Node[]) => some.map((one) => one.name);

  afterEach(() => nodes.forEach((one) => figures.forget(one.id)));

  it('is narrowed by words, state and tenant', () => {
    expect(names(filtered(nodes, { ...noFilters, text: 'CACHE acme' }))).toEqual(['cache-10']);
    expect(names(filtered(nodes, { ...noFilters, text: '7002' }))).toEqual(['cache-9']);
    expect(names(filtered(nodes, { ...noFilters, state: 'stopped' }))).toEqual(['cache-9']);
    expect(names(filtered(nodes, { ...noFilters, tenant: 'acme' }))).toEqual(['cache-10', 'jobs']);
  });

  it('is sorted by numbers in names, and by live figures', () => {
    expect(names(sorted(nodes, { key: 'name', descending: false }))).toEqual([
      'cache-9',
      'cache-10',
      'jobs',
    ]);
    figures.take([{ id: 'c'.repeat(16), keys: 5, ops_per_second: 0 } as NodeMetrics]);
    expect(names(sorted(nodes, { key: 'keys', descending: true }))[0]).toBe('jobs');
    expect(names(sorted(nodes, { key: 'nonsense', descending: false }))).toHaveLength(3);
  });
});
