// Nodes, which people know as instances: queries and changes for every page that shows them.
import { queryOptions, useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';

import { done, gateway, type Schemas, take, takeAll, takeTagged } from '~/api/client';

export type Node = Schemas['Node'];
export type NodeState = Node['state'];
export type NodeMetrics = Schemas['NodeMetrics'];
export type NodeCreate = Schemas['NodeCreate'];
export type NodeUpdate = Schemas['NodeUpdate'];

export const evictionPolicies = [
  'noeviction',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
] as const satisfies readonly Node['eviction_policy'][];

// All that the caller sees, by creation. Changes of state arrive by the stream, not by asking often.
export const nodesQuery = queryOptions({
  queryKey: ['nodes'],
  queryFn: ({ signal }) =>
    takeAll((cursor) =>
      take(
        gateway.GET('/v1/nodes', {
          params: { query: { limit: '1000', ...(cursor !== undefined && { cursor }) } },
          signal,
        }),
      ),
    ),
  staleTime: 30_000,
});

// One, with the ETag that a change gives as If-Match.
export function nodeQuery(id: string) {
  return queryOptions({
    queryKey: ['nodes', id],
    queryFn: ({ signal }) =>
      takeTagged(gateway.GET('/v1/nodes/{node}', { params: { path: { node: id } }, signal })),
  });
}

// The ETag of a node is its version.
export function etagOf(node: Node): string {
  return `"${node.version}"`;
}

function put(queries: QueryClient, node: Node): void {
  queries.setQueryData(nodesQuery.queryKey, (nodes) => {
    if (nodes === undefined) return undefined;
    const known = nodes.some((one) => one.id === node.id);
    return known ? nodes.map((one) => (one.id === node.id ? node : one)) : [...nodes, node];
  });
  void queries.invalidateQueries({ queryKey: nodeQuery(node.id).queryKey });
}

export async function createNode(body: NodeCreate, idempotencyKey: string): Promise<Node> {
  const header = { 'Idempotency-Key': idempotencyKey };
  return take(gateway.POST('/v1/nodes', { params: { header }, body }));
}

export function useCreateNode() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ body, key }: { body: NodeCreate; key: string }) => createNode(body, key),
    onSuccess: (node) => put(queries, node),
  });
}

// Refused with 412 when somebody else has changed the node since it was shown.
export function useUpdateNode() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ node, body }: { node: Node; body: NodeUpdate }) =>
      take(
        gateway.PATCH('/v1/nodes/{node}', {
          params: { path: { node: node.id }, header: { 'If-Match': etagOf(node) } },
          body,
        }),
      ),
    onSuccess: (node) => put(queries, node),
    onError: () => void queries.invalidateQueries({ queryKey: nodesQuery.queryKey }),
  });
}

export type NodeAction = 'start' | 'stop' | 'restart';

export function useNodeAction() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, action }: { id: string; action: NodeAction }) =>
      take(gateway.POST(`/v1/nodes/{node}/${action}`, { params: { path: { node: id } } })),
    onSuccess: (node) => put(queries, node),
    onError: () => void queries.invalidateQueries({ queryKey: nodesQuery.queryKey }),
  });
}

export function useDeleteNode() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (node: Node) =>
      done(gateway.DELETE('/v1/nodes/{node}', { params: { path: { node: node.id } } })),
    onSuccess: (_, node) => {
      queries.setQueryData(nodesQuery.queryKey, (nodes) =>
        nodes?.filter((one) => one.id !== node.id),
      );
      queries.removeQueries({ queryKey: nodeQuery(node.id).queryKey });
    },
    onError: () => void queries.invalidateQueries({ queryKey: nodesQuery.queryKey }),
  });
}
