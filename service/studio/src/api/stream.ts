import { waitBefore } from '~/api/backoff';
import { makeSure } from '~/api/connection';

// A WebSocket at the gateway that comes back by itself: a wait that doubles from half a second to 30,
// with a random part, so that pages do not all return at once.
export type SocketState = 'connecting' | 'open' | 'waiting' | 'closed';

export interface StreamOptions {
  path: string; // "/v1/stream?interval_ms=1000"
  token: () => Promise<string | undefined>; // asked before each attempt; nothing: signed out, give up
  onMessage: (message: unknown) => void;
  onState?: (state: SocketState) => void;
  // A shell is not what it was after a break, so its page decides itself.
  reconnect?: boolean;
}

export interface Stream {
  send: (message: unknown) => boolean; // false when it is not open
  close: () => void;
}

// One that lasted so long was good: the next wait begins anew.
const goodAfterMs = 5_000;

function parsed(data: unknown): unknown {
  if (typeof data !== 'string') return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

export function openStream(options: StreamOptions): Stream {
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let over = false;
  const tell = (state: SocketState) => options.onState?.(state);

  const finish = () => {
    over = true;
    clearTimeout(timer);
    globalThis.removeEventListener('online', hurry);
    tell('closed');
  };

  const retry = () => {
    if (over) return;
    if (options.reconnect === false) {
      finish();
      return;
    }
    tell('waiting');
    timer = setTimeout(() => void connect(), waitBefore(attempt));
    attempt += 1;
  };

  const connect = async () => {
    timer = undefined;
    tell('connecting');
    const token = await options.token().catch(() => null);
    if (over) return;
    if (token === undefined) {
      finish();
      return;
    }
    if (token === null) {
      retry();
      return;
    }
    const url = new URL(options.path, globalThis.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const opened = new WebSocket(url, ['miniredis.v1', `bearer.${token}`]);
    socket = opened;
    let since = 0;
    opened.onopen = () => {
      since = Date.now();
      tell('open');
    };
    opened.onmessage = (event) => {
      const message = parsed(event.data);
      if (message !== undefined && !over) options.onMessage(message);
    };
    opened.onclose = () => {
      if (over) return;
      makeSure();
      if (since !== 0 && Date.now() - since >= goodAfterMs) attempt = 0;
      socket = undefined;
      retry();
    };
  };

  // The network is back: do not sit out the wait.
  const hurry = () => {
    if (timer === undefined || over) return;
    clearTimeout(timer);
    attempt = 0;
    void connect();
  };
  globalThis.addEventListener('online', hurry);
  void connect();

  return {
    send: (message) => {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(message));
      return true;
    },
    close: () => {
      if (over) return;
      finish();
      socket?.close();
    },
  };
}
