import { queryOptions } from '@tanstack/react-query';

import { gateway, type Schemas, take, takeAll } from '~/api/client';

export type Tenant = Schemas['Tenant'];

// All that the caller sees, by name.
export const tenantsQuery = queryOptions({
  queryKey: ['tenants'],
  queryFn: ({ signal }) =>
    takeAll((cursor) =>
      take(
        gateway.GET('/v1/tenants', {
          params: { query: { limit: '1000', ...(cursor !== undefined && { cursor }) } },
          signal,
        }),
      ),
    ),
});
