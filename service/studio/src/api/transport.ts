// The one way to the server: puts the bearer on, refreshes the session once when it is refused, gives
// up after a time, and makes an ApiError of all that is no answer.
import { noteUnreachable } from '~/api/connection';
import { ApiError } from '~/api/errors';

// What the transport needs of the session; given by the session itself, which in turn uses the API.
export interface Credentials {
  token: () => string | undefined;
  // A token newer than the refused one; nothing when the session is over.
  renew: (refused: string) => Promise<string | undefined>;
  // The server refuses even a new token.
  lost: () => void;
}

let credentials: Credentials | undefined;

export function setCredentials(source: Credentials | undefined): void {
  credentials = source;
}

export const timeoutMs = 20_000;

async function send(request: Request, token: string | undefined): Promise<Response> {
  const headers = new Headers(request.headers);
  if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
  const limit = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([request.signal, limit]);
  try {
    return await fetch(new Request(request, { headers, signal, credentials: 'same-origin' }));
  } catch (failure) {
    if (request.signal.aborted) throw failure;
    noteUnreachable();
    if (limit.aborted) {
      throw new ApiError('timeout', 'The server did not answer', `waited ${timeoutMs / 1000} s`);
    }
    throw new ApiError(
      'network',
      'The server cannot be reached',
      'Check the connection; requests are repeated.',
    );
  }
}

// For what needs no session: log-in and its relatives, health.
export function openFetch(request: Request): Promise<Response> {
  return send(request, undefined);
}

export async function sessionFetch(request: Request): Promise<Response> {
  const token = credentials?.token();
  const again = request.clone();
  const response = await send(request, token);
  if (response.status !== 401 || credentials === undefined) return response;
  const fresh = await credentials.renew(token ?? '');
  if (fresh === undefined) {
    throw new ApiError('signed-out', 'You are signed out', 'Log in again to go on.', {
      status: 401,
    });
  }
  const second = await send(again, fresh);
  if (second.status === 401) {
    credentials.lost();
    throw new ApiError('signed-out', 'You are signed out', 'Log in again to go on.', {
      status: 401,
    });
  }
  return second;
}
