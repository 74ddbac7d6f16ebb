import { afterEach, describe, expect, it, vi } from 'vitest';

import { done, gateway, newIdempotencyKey, take, takeAll } from '~/api/client';
import { ApiError } from '~/api/errors';
import { setCredentials } from '~/api/transport';

const identity = { actor: 'user:1', tenant: 'acme', node: null, scopes: ['nodes:read'] };

function answering(...answers: (Response | Error)[]) {
  return vi.spyOn(globalThis, 'fetch').mockImplementation(() => {
    const next = answers.shift();
    if (next === undefined) throw new Error('asked once too often');
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
  });
}

function problem(status: number, more: object = {}, headers: Record<string, string> = {}) {
  const body = {
    type: 'urn:miniredis:problem:not-found',
    title: 'No such thing',
    status,
    detail: 'gone',
    ...more,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...headers },
  });
}

const whoami = () => take(gateway.GET('/v1/whoami'));

async function failureOf(pending: Promise<unknown>): Promise<ApiError> {
  const failure = await pending.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(failure instanceof ApiError)) throw new Error(`not an ApiError: ${String(failure)}`);
  return failure;
}

afterEach(() => setCredentials(undefined));

describe('take', () => {
  it('gives a checked answer', async () => {
    answering(Response.json(identity));
    await expect(whoami()).resolves.toEqual(identity);
  });

  it('makes a problem an error with all that it says', async () => {
    answering(problem(404, { field: 'node' }, { 'X-Request-Id': 'r1', 'Retry-After': '3' }));
    const failure = await failureOf(whoami());
    expect(failure).toMatchObject({
      kind: 'problem',
      title: 'No such thing',
      detail: 'gone',
      field: 'node',
    });
    expect(failure.more).toMatchObject({
      status: 404,
      type: 'not-found',
      requestId: 'r1',
      retryAfterSeconds: 3,
    });
    expect(failure.passes).toBe(false);
  });

  it.each([
    ['a page', () => new Response('<html>', { status: 200 })],
    ['nothing', () => new Response(null, { status: 200 })],
    ['null', () => Response.json(null)],
    ['a list', () => Response.json([])],
    ['another thing', () => Response.json({ actor: 'user:1' })],
  ])('makes an answer that is %s an error', async (_, answer) => {
    answering(answer());
    expect((await failureOf(whoami())).kind).toBe('shape');
  });

  it('survives a page of a proxy', async () => {
    answering(new Response('<html>Bad gateway</html>', { status: 502, statusText: 'Bad Gateway' }));
    const failure = await failureOf(whoami());
    expect(failure).toMatchObject({ kind: 'problem', status: 502 });
    expect(failure.message).not.toContain('<html>');
    expect(failure.passes).toBe(true);
  });

  it('says that nobody is there', async () => {
    answering(new TypeError('Failed to fetch'));
    expect((await failureOf(whoami())).kind).toBe('network');
  });

  it('takes no content for an answer without a body', async () => {
    answering(new Response(null, { status: 204 }));
    await expect(
      done(gateway.DELETE('/v1/nodes/{node}', { params: { path: { node: 'x' } } })),
    ).resolves.toBeUndefined();
  });
});

describe('an expired token', () => {
  it('is renewed once, and the request sent again', async () => {
    const fetched = answering(problem(401), Response.json(identity));
    const renew = vi.fn().mockResolvedValue('second');
    setCredentials({ token: () => 'first', renew, lost: vi.fn() });
    await expect(whoami()).resolves.toEqual(identity);
    expect(renew).toHaveBeenCalledExactlyOnceWith('first');
    const bearers = fetched.mock.calls.map(([request]) =>
      (request as Request).headers.get('Authorization'),
    );
    expect(bearers).toEqual(['Bearer first', 'Bearer second']);
  });

  it('keeps the body of what is sent again', async () => {
    const bodies: string[] = [];
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (request) => {
      bodies.push(await (request as Request).text());
      return bodies.length === 1 ? problem(401) : Response.json({ reply: 'PONG' });
    });
    setCredentials({ token: () => 'first', renew: () => Promise.resolve('second'), lost: vi.fn() });
    const body = { command: ['PING'] };
    await take(gateway.POST('/v1/nodes/{node}/execute', { params: { path: { node: 'x' } }, body }));
    expect(bodies).toEqual([JSON.stringify(body), JSON.stringify(body)]);
  });

  it('ends the session when the new one is refused, too', async () => {
    answering(problem(401), problem(401));
    const lost = vi.fn();
    setCredentials({ token: () => 'first', renew: () => Promise.resolve('second'), lost });
    expect((await failureOf(whoami())).kind).toBe('signed-out');
    expect(lost).toHaveBeenCalledOnce();
  });

  it('is over when there is no other', async () => {
    answering(problem(401));
    setCredentials({
      token: () => 'first',
      renew: () => Promise.resolve(undefined),
      lost: vi.fn(),
    });
    expect((await failureOf(whoami())).kind).toBe('signed-out');
  });
});

describe('takeAll', () => {
  it('walks all pages', async () => {
    const pages: Record<string, { items: number[]; next_cursor: string | null }> = {
      '': { items: [1, 2], next_cursor: 'b' },
      b: { items: [3], next_cursor: null },
    };
    const all = await takeAll((cursor) => Promise.resolve(pages[cursor ?? ''] ?? { items: [] }));
    expect(all).toEqual([1, 2, 3]);
  });

  it('does not run in a circle', async () => {
    const endless = takeAll(() => Promise.resolve({ items: [1], next_cursor: 'a' }));
    expect((await failureOf(endless)).kind).toBe('shape');
  });
});

it('makes keys that differ', () => {
  const keys = new Set(Array.from({ length: 100 }, newIdempotencyKey));
  expect(keys.size).toBe(100);
  expect([...keys].every((key) => /^[0-9a-f]{32}$/.test(key))).toBe(true);
});
