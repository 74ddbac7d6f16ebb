// Whether the server answers. Noticed by requests that fail, found out again by asking /healthz.
import { waitBefore } from '~/api/backoff';

let reachable = true;
let attempt = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

export function isReachable(): boolean {
  return reachable;
}

export function subscribeToConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function become(next: boolean): void {
  if (reachable === next) return;
  reachable = next;
  listeners.forEach((listener) => listener());
}

async function ask(): Promise<void> {
  try {
    const response = await fetch('/healthz', { signal: AbortSignal.timeout(5_000) });
    // A proxy that answers for a server that is away is no server.
    if (response.status === 502 || response.status === 504)
      throw new Error('nobody behind the proxy');
    become(true);
  } catch {
    become(false);
    plan();
  }
}

function plan(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void ask(), Math.min(waitBefore(attempt), 5_000));
  attempt += 1;
}

export function noteUnreachable(): void {
  if (!reachable) return;
  attempt = 0;
  become(false);
  plan();
}

export function askNow(): void {
  clearTimeout(timer);
  attempt = 0;
  void ask();
}

// Something has failed that may be due to the server: a stream, or a part of the Studio itself.
export function makeSure(): void {
  if (reachable) void ask();
}

globalThis.addEventListener('online', () => {
  if (!reachable) askNow();
});
globalThis.addEventListener('offline', noteUnreachable);
