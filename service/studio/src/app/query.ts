import { QueryClient } from '@tanstack/react-query';

import { asApiError } from '~/api/errors';

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // The browser's word on whether it is online is often wrong, above all on loopback.
        networkMode: 'always',
        retry: (count, failure) => count < 2 && asApiError(failure).passes,
        retryDelay: (count, failure) =>
          (asApiError(failure).more.retryAfterSeconds ?? Math.min(4, 2 ** count * 0.5)) * 1000,
      },
      mutations: { networkMode: 'always' },
    },
  });
}
