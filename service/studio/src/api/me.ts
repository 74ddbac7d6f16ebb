import { queryOptions } from '@tanstack/react-query';

import { auth, take } from '~/api/client';
import type { components } from '~/api/generated/auth';

export type User = components['schemas']['UserView'];
export type Membership = components['schemas']['MembershipView'];
export type LogInSession = components['schemas']['SessionView'];

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => take(auth.GET('/auth/v1/me', { signal })),
});

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: async ({ signal }) => (await take(auth.GET('/auth/v1/sessions', { signal }))).items,
});
