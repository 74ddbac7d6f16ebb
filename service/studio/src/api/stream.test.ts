import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { waitBefore } from '~/api/backoff';
import { openStream, type SocketState } from '~/api/stream';

class FakeSocket {
  static made: FakeSocket[] = [];
  static readonly OPEN = 1;
  readyState = 0;
  onopen?: () => void;
  onclose?: () => void;
  onmessage?: (event: { data: unknown }) => void;
  sent: string[] = [];

  constructor(
    readonly url: URL,
    readonly protocols: string[],
  ) {
    FakeSocket.made.push(this);
  }

  open() {
    this.readyState = 1;
    this.onopen?.();
  }

  send(text: string) {
    this.sent.push(text);
  }

  close() {
    this.readyState = 3;
    this.onclose?.();
  }
}

function last(): FakeSocket {
  const socket = FakeSocket.made.at(-1);
  if (!socket) throw new Error('no socket was made');
  return socket;
}

beforeEach(() => {
  FakeSocket.made = [];
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal('fetch', () => Promise.resolve(new Response()));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('openStream', () => {
  it('shows the token in a subprotocol, never in the address', async () => {
    const stream = openStream({
      path: '/v1/stream',
      token: () => Promise.resolve('t1'),
      onMessage: vi.fn(),
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(last().protocols).toEqual(['miniredis.v1', 'bearer.t1']);
    expect(last().url.href).not.toContain('t1');
    stream.close();
  });

  it('comes back with a fresh token, waiting longer each time', async () => {
    const token = vi.fn().mockResolvedValue('t');
    const states: SocketState[] = [];
    const stream = openStream({
      path: '/v1/stream',
      token,
      onMessage: vi.fn(),
      onState: (state) => states.push(state),
    });
    await vi.advanceTimersByTimeAsync(0);
    last().open();
    last().close();
    expect(states).toEqual(['connecting', 'open', 'waiting']);
    await vi.advanceTimersByTimeAsync(500);
    expect(FakeSocket.made).toHaveLength(2);
    last().close();
    await vi.advanceTimersByTimeAsync(499);
    expect(FakeSocket.made).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(501);
    expect(FakeSocket.made).toHaveLength(3);
    expect(token).toHaveBeenCalledTimes(3);
    stream.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.made).toHaveLength(3);
  });

  it('gives up when signed out', async () => {
    const states: SocketState[] = [];
    openStream({
      path: '/v1/stream',
      token: () => Promise.resolve(undefined),
      onMessage: vi.fn(),
      onState: (state) => states.push(state),
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.made).toHaveLength(0);
    expect(states).toEqual(['connecting', 'closed']);
  });

  it('drops what is no JSON', async () => {
    const onMessage = vi.fn();
    const stream = openStream({ path: '/v1/stream', token: () => Promise.resolve('t'), onMessage });
    await vi.advanceTimersByTimeAsync(0);
    last().open();
    last().onmessage?.({ data: '{' });
    last().onmessage?.({ data: '{"topic":"state"}' });
    expect(onMessage).toHaveBeenCalledExactlyOnceWith({ topic: 'state' });
    stream.close();
  });
});

it('waits between half and all of what doubles up to 30 seconds', () => {
  expect(waitBefore(0, () => 0)).toBe(250);
  expect(waitBefore(0, () => 1)).toBe(500);
  expect(waitBefore(3, () => 1)).toBe(4_000);
  expect(waitBefore(20, () => 1)).toBe(30_000);
});
