// What administrators read and change: of the control plane, and of the auth service.
import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';

import { auth, done, gateway, type Schemas, take, takeAll } from '~/api/client';
import type { components } from '~/api/generated/auth';
import { nodesQuery } from '~/api/nodes';
import { type Tenant, tenantsQuery } from '~/api/tenants';

type AuthSchemas = components['schemas'];
export type Plan = Schemas['Plan'];
export type PlanUpdate = Schemas['PlanUpdate'];
export type ApiKey = Schemas['ApiKey'];
export type KeyScope = ApiKey['scopes'][number];
export type NodeToken = Schemas['NodeToken'];
export type AuditEntry = Schemas['AuditEntry'];
export type AuthEvent = AuthSchemas['AuditView'];
export type Member = AuthSchemas['MemberView'];
export type Role = Member['role'];
export type Invitation = AuthSchemas['InvitationView'];
export type PlatformUser = AuthSchemas['UserView'];

interface Signalled {
  signal: AbortSignal;
}

const page = (cursor: string | undefined) => ({
  limit: '1000',
  ...(cursor !== undefined && { cursor }),
});
const authPage = (cursor: string | undefined) => ({
  limit: 1000,
  ...(cursor !== undefined && { cursor }),
});
const tagOf = ({ version }: { version: number }) => ({ 'If-Match': `"${version}"` });

// A change, after which the lists are asked for anew: also after a refusal, for somebody else may have
// been faster.
function useChange<In, Out>(change: (input: In) => Promise<Out>, ...keys: readonly unknown[][]) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: async () => {
      await Promise.all(keys.map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
  });
}

const tenantKeys = [[...tenantsQuery.queryKey], ['tenant-metrics']];

export function useCreateTenant() {
  return useChange(
    ({ body, key }: { body: Schemas['TenantCreate']; key: string }) =>
      take(gateway.POST('/v1/tenants', { params: { header: { 'Idempotency-Key': key } }, body })),
    ...tenantKeys,
  );
}

export function useUpdateTenant() {
  return useChange(
    ({ tenant, body }: { tenant: Tenant; body: Schemas['TenantUpdate'] }) =>
      take(
        gateway.PATCH('/v1/tenants/{tenant}', {
          params: { path: { tenant: tenant.name }, header: tagOf(tenant) },
          body,
        }),
      ),
    ...tenantKeys,
  );
}

export function useTenantAction() {
  return useChange(
    ({ tenant, action }: { tenant: Tenant; action: 'suspend' | 'resume' }) =>
      take(
        gateway.POST(`/v1/tenants/{tenant}/${action}`, {
          params: { path: { tenant: tenant.name }, header: tagOf(tenant) },
        }),
      ),
    ...tenantKeys,
    [...nodesQuery.queryKey],
  );
}

// The auth service keeps members by the tenant's name, and forgets them only when it is told: before
// somebody else may give another tenant the name. Not while there is a grace time to come back from.
export function useDeleteTenant() {
  return useChange(
    async ({ tenant, graceSeconds }: { tenant: Tenant; graceSeconds: number }) => {
      const path = { tenant: tenant.name };
      const query = { grace_seconds: String(graceSeconds) };
      const answer = await take(
        gateway.DELETE('/v1/tenants/{tenant}', { params: { path, query, header: tagOf(tenant) } }),
      );
      if (graceSeconds === 0)
        await done(auth.DELETE('/auth/v1/tenants/{tenant}/members', { params: { path } }));
      return answer;
    },
    ...tenantKeys,
    [...nodesQuery.queryKey],
  );
}

export function tenantQuery(name: string) {
  return queryOptions({
    queryKey: [...tenantsQuery.queryKey, name],
    queryFn: ({ signal }: Signalled) =>
      take(gateway.GET('/v1/tenants/{tenant}', { params: { path: { tenant: name } }, signal })),
  });
}

export function tenantMetricsQuery(name: string) {
  return queryOptions({
    queryKey: ['tenant-metrics', name],
    queryFn: ({ signal }: Signalled) =>
      take(
        gateway.GET('/v1/tenants/{tenant}/metrics', { params: { path: { tenant: name } }, signal }),
      ),
    refetchInterval: 10_000,
  });
}

export const plansQuery = queryOptions({
  queryKey: ['plans'],
  queryFn: ({ signal }: Signalled) =>
    takeAll((cursor) =>
      take(gateway.GET('/v1/plans', { params: { query: page(cursor) }, signal })),
    ),
});

export function useCreatePlan() {
  return useChange(
    ({ body, key }: { body: Schemas['PlanCreate']; key: string }) =>
      take(gateway.POST('/v1/plans', { params: { header: { 'Idempotency-Key': key } }, body })),
    [...plansQuery.queryKey],
  );
}

export function useUpdatePlan() {
  return useChange(
    ({ plan, body }: { plan: Plan; body: PlanUpdate }) =>
      take(
        gateway.PATCH('/v1/plans/{plan}', {
          params: { path: { plan: plan.name }, header: tagOf(plan) },
          body,
        }),
      ),
    [...plansQuery.queryKey],
  );
}

export function useDeletePlan() {
  return useChange(
    (plan: Plan) =>
      done(gateway.DELETE('/v1/plans/{plan}', { params: { path: { plan: plan.name } } })),
    [...plansQuery.queryKey],
  );
}

export const keyScopes = [
  'nodes:read',
  'nodes:write',
  'commands:read',
  'commands:write',
  'tenant:read',
  'tenant:write',
  'keys:read',
  'keys:write',
  'audit:read',
] as const satisfies readonly KeyScope[];

export function keysQuery(tenant: string) {
  return queryOptions({
    queryKey: ['keys', tenant],
    queryFn: ({ signal }: Signalled) =>
      takeAll((cursor) =>
        take(
          gateway.GET('/v1/tenants/{tenant}/keys', {
            params: { path: { tenant }, query: page(cursor) },
            signal,
          }),
        ),
      ),
  });
}

export function useCreateKey(tenant: string) {
  return useChange(
    ({ body, key }: { body: Schemas['ApiKeyCreate']; key: string }) =>
      take(
        gateway.POST('/v1/tenants/{tenant}/keys', {
          params: { path: { tenant }, header: { 'Idempotency-Key': key } },
          body,
        }),
      ),
    ['keys', tenant],
  );
}

export function useRevokeKey(tenant: string) {
  return useChange(
    (key: { id: string }) =>
      done(
        gateway.DELETE('/v1/tenants/{tenant}/keys/{key}', {
          params: { path: { tenant, key: key.id } },
        }),
      ),
    ['keys', tenant],
  );
}

export function tokensQuery(node: string) {
  return queryOptions({
    queryKey: ['tokens', node],
    queryFn: ({ signal }: Signalled) =>
      takeAll((cursor) =>
        take(
          gateway.GET('/v1/nodes/{node}/tokens', {
            params: { path: { node }, query: page(cursor) },
            signal,
          }),
        ),
      ),
  });
}

export function useCreateToken(node: string) {
  return useChange(
    ({ body, key }: { body: Schemas['NodeTokenCreate']; key: string }) =>
      take(
        gateway.POST('/v1/nodes/{node}/tokens', {
          params: { path: { node }, header: { 'Idempotency-Key': key } },
          body,
        }),
      ),
    ['tokens', node],
  );
}

export function useRevokeToken(node: string) {
  return useChange(
    (token: { id: string }) =>
      done(
        gateway.DELETE('/v1/nodes/{node}/tokens/{token}', {
          params: { path: { node, token: token.id } },
        }),
      ),
    ['tokens', node],
  );
}

export function membersQuery(tenant: string) {
  return queryOptions({
    queryKey: ['members', tenant],
    queryFn: ({ signal }: Signalled) =>
      takeAll((cursor) =>
        take(
          auth.GET('/auth/v1/tenants/{tenant}/members', {
            params: { path: { tenant }, query: authPage(cursor) },
            signal,
          }),
        ),
      ),
  });
}

export function useChangeRole(tenant: string) {
  return useChange(
    ({ member, role }: { member: Member; role: Role }) =>
      take(
        auth.PATCH('/auth/v1/tenants/{tenant}/members/{user_id}', {
          params: { path: { tenant, user_id: member.user_id } },
          body: { role },
        }),
      ),
    ['members', tenant],
  );
}

export function useRemoveMember(tenant: string) {
  return useChange(
    (member: Member) =>
      done(
        auth.DELETE('/auth/v1/tenants/{tenant}/members/{user_id}', {
          params: { path: { tenant, user_id: member.user_id } },
        }),
      ),
    ['members', tenant],
  );
}

// Of a tenant, or with none of the whole platform.
export function invitationsQuery(tenant: string | undefined) {
  return queryOptions({
    queryKey: ['invitations', tenant ?? ''],
    queryFn: ({ signal }: Signalled) =>
      takeAll((cursor) => {
        const query = authPage(cursor);
        return tenant === undefined
          ? take(auth.GET('/auth/v1/invitations', { params: { query }, signal }))
          : take(
              auth.GET('/auth/v1/tenants/{tenant}/invitations', {
                params: { path: { tenant }, query },
                signal,
              }),
            );
      }),
  });
}

export function useInvite(tenant: string) {
  return useChange(
    (body: AuthSchemas['NewInvitation']) =>
      take(
        auth.POST('/auth/v1/tenants/{tenant}/invitations', { params: { path: { tenant } }, body }),
      ),
    ['invitations'],
  );
}

export function useInviteToPlatform() {
  return useChange(
    (body: AuthSchemas['NewPlatformInvitation']) =>
      take(auth.POST('/auth/v1/invitations', { body })),
    ['invitations'],
  );
}

// Of a tenant by its administrators; any by those of the platform.
export function useRevokeInvitation(tenant: string | undefined) {
  return useChange(
    ({ id: invitation }: Invitation) =>
      done(
        tenant === undefined
          ? auth.DELETE('/auth/v1/invitations/{invitation}', { params: { path: { invitation } } })
          : auth.DELETE('/auth/v1/tenants/{tenant}/invitations/{invitation}', {
              params: { path: { tenant, invitation } },
            }),
      ),
    ['invitations'],
  );
}

export function usersQuery(email: string) {
  return queryOptions({
    queryKey: ['users', email],
    queryFn: ({ signal }: Signalled) =>
      takeAll((cursor) =>
        take(
          auth.GET('/auth/v1/users', {
            params: { query: { ...authPage(cursor), ...(email !== '' && { email }) } },
            signal,
          }),
        ),
      ),
  });
}

export function useChangeUser() {
  return useChange(
    ({ user, body }: { user: PlatformUser; body: AuthSchemas['UserChange'] }) =>
      take(
        auth.PATCH('/auth/v1/users/{user_id}', { params: { path: { user_id: user.id } }, body }),
      ),
    ['users'],
  );
}

export function useEndSessions() {
  return useChange((user: PlatformUser) =>
    done(
      auth.DELETE('/auth/v1/users/{user_id}/sessions', { params: { path: { user_id: user.id } } }),
    ),
  );
}

export function useRemoveFactor() {
  return useChange(
    (user: PlatformUser) =>
      done(
        auth.DELETE('/auth/v1/users/{user_id}/totp', { params: { path: { user_id: user.id } } }),
      ),
    ['users'],
  );
}

export function useResetPassword() {
  return useChange((user: PlatformUser) =>
    take(
      auth.POST('/auth/v1/users/{user_id}/password-reset', {
        params: { path: { user_id: user.id } },
      }),
    ),
  );
}

export const capacityQuery = queryOptions({
  queryKey: ['capacity'],
  queryFn: ({ signal }: Signalled) => take(gateway.GET('/v1/capacity', { signal })),
  refetchInterval: 10_000,
});

export interface AuditFilters {
  tenant: string;
  actor: string;
  action: string;
  target: string;
  since: string; // RFC 3339, or empty
  until: string;
}

const auditPageSize = 100;

export function auditQuery({ tenant, actor, action, target, since, until }: AuditFilters) {
  return infiniteQueryOptions({
    queryKey: ['audit', 'control', tenant, actor, action, target, since, until],
    queryFn: ({ signal, pageParam }) =>
      take(
        gateway.GET('/v1/audit', {
          params: {
            query: {
              limit: String(auditPageSize),
              ...(pageParam !== '' && { cursor: pageParam }),
              ...(tenant !== '' && { tenant }),
              ...(actor !== '' && { actor }),
              ...(action !== '' && { action }),
              ...(target !== '' && { target }),
              ...(since !== '' && { from: since }),
              ...(until !== '' && { until }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
}

// Of one tenant, or with none of the whole platform.
export function authAuditQuery({
  tenant,
  event,
  user,
}: {
  tenant: string;
  event: string;
  user: string;
}) {
  return infiniteQueryOptions({
    queryKey: ['audit', 'auth', tenant, event, user],
    queryFn: ({ signal, pageParam }) => {
      const query = {
        limit: auditPageSize,
        ...(pageParam !== '' && { cursor: pageParam }),
        ...(event !== '' && { event }),
        ...(user !== '' && { user }),
      };
      return tenant === ''
        ? take(auth.GET('/auth/v1/audit', { params: { query }, signal }))
        : take(
            auth.GET('/auth/v1/tenants/{tenant}/audit', {
              params: { path: { tenant }, query },
              signal,
            }),
          );
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
}
