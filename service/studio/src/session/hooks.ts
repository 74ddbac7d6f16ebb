import { useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';

import { gateway, take } from '~/api/client';
import { sessionState, type SignedIn, subscribeToSession } from '~/session/session';

export type Scope =
  | 'nodes:read'
  | 'nodes:write'
  | 'commands:read'
  | 'commands:write'
  | 'tenant:read'
  | 'tenant:write'
  | 'keys:read'
  | 'keys:write'
  | 'audit:read'
  | 'platform';

export function useSession() {
  return useSyncExternalStore(subscribeToSession, sessionState);
}

// Below the shell, where there always is one. While the sign-out takes the page away there is none any
// more, so the last one is not looked for by throwing.
export function useSignedIn(): SignedIn | undefined {
  const session = useSession();
  return session.phase === 'signed-in' ? session : undefined;
}

export const identityQuery = {
  queryKey: ['whoami'],
  queryFn: ({ signal }: { signal: AbortSignal }) => take(gateway.GET('/v1/whoami', { signal })),
  staleTime: Infinity,
};

// What the gateway lets the caller do. Nothing while it is not known.
export function useScopes(): readonly string[] {
  return useQuery(identityQuery).data?.scopes ?? [];
}

export function useMay(scope: Scope): boolean {
  return useScopes().includes(scope);
}
