// The session of this browser. Access tokens are kept in memory only, shared between tabs by a
// BroadcastChannel; the refresh token is in a cookie that no script reads, and one tab at a time uses
// it, for which the tabs share a lock.
import { openAuth, auth, done, take } from '~/api/client';
import { ApiError, asApiError } from '~/api/errors';
import type { components } from '~/api/generated/auth';
import { setCredentials } from '~/api/transport';
import { csrfToken } from '~/session/cookies';

export type TokenAnswer = components['schemas']['TokenAnswer'];
export type User = components['schemas']['UserView'];

export interface SignedIn {
  phase: 'signed-in';
  accessToken: string;
  expiresAtMs: number; // by this browser's clock
  livesMs: number;
  sessionId: string;
  tenant: string | null;
  role: string | null;
  user: User;
}

export type SessionState =
  | { phase: 'starting' }
  | { phase: 'unreachable'; failure: ApiError } // whether there is a session cannot be found out
  // none: there was no session; left: one has signed out, here or in another tab
  | { phase: 'signed-out'; why: 'none' | 'expired' | 'left' }
  | SignedIn;

type News = { kind: 'signed-in'; state: SignedIn } | { kind: 'signed-out' };

const lockName = 'miniredis-session';
const spareMs = 5_000; // a token with less to live is renewed before it is used
const retryMs = 10_000; // of the refresh in the background, when it found nobody

let state: SessionState = { phase: 'starting' };
let renewing: Promise<SignedIn | undefined> | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();
const channel = new BroadcastChannel('miniredis-session');

export function sessionState(): SessionState {
  return state;
}

export function subscribeToSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function become(next: SessionState): void {
  state = next;
  clearTimeout(timer);
  // Before it expires, so that nobody waits for it.
  if (next.phase === 'signed-in') wakeIn(Math.max(1_000, next.livesMs * 0.8));
  listeners.forEach((listener) => listener());
}

function wakeIn(ms: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    renew().catch(() => wakeIn(retryMs));
  }, ms);
}

channel.onmessage = (event: MessageEvent<News>) => {
  const news = event.data;
  if (news.kind === 'signed-in') become(news.state);
  else if (state.phase === 'signed-in') become({ phase: 'signed-out', why: 'left' });
};

function tell(news: News): void {
  channel.postMessage(news);
}

// Web Locks are there only in secure contexts. Without them two tabs may refresh at once, which the
// service forgives within ten seconds.
async function alone<T>(work: () => Promise<T>): Promise<T> {
  const locks = (navigator as { locks?: LockManager }).locks;
  return locks ? await locks.request(lockName, work) : await work();
}

function isFresh(now: SessionState, refused: string | undefined): now is SignedIn {
  return (
    now.phase === 'signed-in' &&
    now.accessToken !== refused &&
    now.expiresAtMs - Date.now() > spareMs
  );
}

async function renewAlone(before: string | undefined): Promise<SignedIn | undefined> {
  // Another tab has done it while this one waited.
  if (isFresh(state, before)) return state;
  const csrf = csrfToken();
  if (csrf === undefined) {
    end('expired');
    return undefined;
  }
  try {
    const headers = { 'X-CSRF-Token': csrf };
    return accept(await take(openAuth.POST('/auth/v1/session/refresh', { headers, body: {} })));
  } catch (failure) {
    const error = asApiError(failure);
    if (error.status !== 401 && error.status !== 403) throw error;
    end('expired');
    return undefined;
  }
}

function renew(): Promise<SignedIn | undefined> {
  const before = state.phase === 'signed-in' ? state.accessToken : undefined;
  renewing ??= alone(() => renewAlone(before)).finally(() => (renewing = undefined));
  return renewing;
}

function end(why: 'expired' | 'left'): void {
  const was = state.phase === 'signed-in';
  become({ phase: 'signed-out', why: was || why === 'left' ? why : 'none' });
  if (was) tell({ kind: 'signed-out' });
}

// Takes the tokens of a log-in, a refresh or a change of tenant.
export function accept(answer: TokenAnswer): SignedIn {
  const livesMs = answer.expires_in * 1000;
  const next: SignedIn = {
    phase: 'signed-in',
    accessToken: answer.access_token,
    expiresAtMs: Date.now() + livesMs,
    livesMs,
    sessionId: answer.session_id,
    tenant: answer.tenant,
    role: answer.role,
    user: answer.user,
  };
  become(next);
  tell({ kind: 'signed-in', state: next });
  return next;
}

// Finds out whether this browser has a session. To be called once, and again when it was unreachable.
export async function startSession(): Promise<void> {
  setCredentials({
    token: () => (state.phase === 'signed-in' ? state.accessToken : undefined),
    renew: async (refused) => (isFresh(state, refused) ? state : await renew())?.accessToken,
    lost: () => end('expired'),
  });
  if (csrfToken() === undefined) {
    become({ phase: 'signed-out', why: 'none' });
    return;
  }
  become({ phase: 'starting' });
  try {
    await renew();
  } catch (failure) {
    become({ phase: 'unreachable', failure: asApiError(failure) });
  }
}

// A token that is good for the next seconds, for a WebSocket; nothing when signed out.
export async function freshToken(): Promise<string | undefined> {
  return (isFresh(state, undefined) ? state : await renew())?.accessToken;
}

// Ends the session here, or everywhere. Throws an ApiError when the server was not told.
export async function signOut(everywhere: boolean): Promise<void> {
  if (everywhere) await done(auth.DELETE('/auth/v1/sessions'));
  try {
    await done(auth.DELETE('/auth/v1/session'));
  } catch (failure) {
    const error = asApiError(failure);
    if (error.kind !== 'signed-out' && error.status !== 401) throw error;
  }
  end('left');
}

export async function changeTenant(tenant: string): Promise<void> {
  accept(await take(auth.POST('/auth/v1/session/tenant', { body: { tenant } })));
}

// The name was changed: the next tokens say so, too.
export function rename(name: string): void {
  if (state.phase === 'signed-in') become({ ...state, user: { ...state.user, name } });
}
