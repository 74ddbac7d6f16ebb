import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { csrfToken } from '~/session/cookies';
import type { TokenAnswer } from '~/session/session';

function answer(token: string): TokenAnswer {
  const user = {
    id: 'u'.repeat(32),
    email: 'ada@example.com',
    email_verified: true,
    name: '',
    platform_admin: false,
    disabled: false,
    has_password: true,
    second_factor: false,
    created_at: '2026-01-01T00:00:00.000Z',
    last_login_at: null,
  };
  return {
    access_token: token,
    token_type: 'Bearer',
    expires_in: 600,
    expires_at: '2026-01-01T00:10:00.000Z',
    refresh_token: null,
    refresh_expires_at: '2026-01-15T00:00:00.000Z',
    csrf_token: 'c',
    session_id: 's',
    tenant: 'acme',
    role: 'owner',
    user,
  };
}

function refusal(status: number) {
  const body = { type: 'urn:miniredis:problem:unauthorized', title: 'No', status, detail: '' };
  return new Response(JSON.stringify(body), { status });
}

// A fresh module for each test: it is the state of a tab.
async function freshTab() {
  vi.resetModules();
  return import('~/session/session');
}

beforeEach(() => {
  vi.useFakeTimers();
  document.cookie = 'miniredis_csrf=c';
});

afterEach(() => {
  vi.useRealTimers();
  document.cookie = 'miniredis_csrf=; max-age=0';
});

describe('a session', () => {
  it('is none without the cookie, and nobody is asked', async () => {
    document.cookie = 'miniredis_csrf=; max-age=0';
    const fetched = vi.spyOn(globalThis, 'fetch');
    const tab = await freshTab();
    await tab.startSession();
    expect(tab.sessionState()).toEqual({ phase: 'signed-out', why: 'none' });
    expect(fetched).not.toHaveBeenCalled();
  });

  it('is carried on from the cookie, with the CSRF token repeated', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(Response.json(answer('t1')));
    const tab = await freshTab();
    await tab.startSession();
    expect(tab.sessionState()).toMatchObject({
      phase: 'signed-in',
      accessToken: 't1',
      tenant: 'acme',
    });
    expect((fetched.mock.calls[0]?.[0] as Request).headers.get('X-CSRF-Token')).toBe('c');
  });

  it('is refreshed before its token expires', async () => {
    const fetched = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation(() =>
        Promise.resolve(Response.json(answer(`t${fetched.mock.calls.length}`))),
      );
    const tab = await freshTab();
    await tab.startSession();
    await vi.advanceTimersByTimeAsync(479_000);
    expect(fetched).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(fetched).toHaveBeenCalledTimes(2);
    expect(tab.sessionState()).toMatchObject({ accessToken: 't2' });
  });

  it('asks once for many who need a token at the same time', async () => {
    const fetched = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation(() =>
        Promise.resolve(Response.json(answer(`t${fetched.mock.calls.length}`))),
      );
    const tab = await freshTab();
    await tab.startSession();
    vi.setSystemTime(Date.now() + 700_000);
    const tokens = await Promise.all([tab.freshToken(), tab.freshToken(), tab.freshToken()]);
    expect(tokens).toEqual(['t2', 't2', 't2']);
    expect(fetched).toHaveBeenCalledTimes(2);
  });

  it('ends when the refresh token is refused', async () => {
    vi.spyOn(globalThis, 'fetch').mockResolvedValue(refusal(401));
    const tab = await freshTab();
    await tab.startSession();
    expect(tab.sessionState().phase).toBe('signed-out');
  });

  it('is not given up because the server is away', async () => {
    const fetched = vi
      .spyOn(globalThis, 'fetch')
      .mockRejectedValue(new TypeError('Failed to fetch'));
    const tab = await freshTab();
    await tab.startSession();
    expect(tab.sessionState().phase).toBe('unreachable');
    fetched.mockImplementation(() => Promise.resolve(Response.json(answer('t1'))));
    await tab.startSession();
    expect(tab.sessionState().phase).toBe('signed-in');
    fetched.mockImplementation(() => Promise.resolve(refusal(503)));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(tab.sessionState().phase).toBe('signed-in');
  });
});

it('reads the cookie of either name', () => {
  expect(csrfToken('a=1; __Host-miniredis_csrf=x%3D')).toBe('x=');
  expect(csrfToken('miniredis_csrf=y')).toBe('y');
  expect(csrfToken('other_miniredis_csrf=z')).toBeUndefined();
  expect(csrfToken('')).toBeUndefined();
});
