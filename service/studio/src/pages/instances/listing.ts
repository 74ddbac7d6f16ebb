// What the list shows: which of the instances, in which order.
import { figures } from '~/api/figures';
import type { Node, NodeState } from '~/api/nodes';
import type { Sorting } from '~/ui/DataTable';

export interface Filters {
  text: string;
  state: NodeState | '';
  tenant: string;
}

export const noFilters: Filters = { text: '', state: '', tenant: '' };

function fits(node: Node, words: readonly string[]): boolean {
  return words.every(
    (word) =>
      node.name.toLowerCase().includes(word) ||
      node.tenant.toLowerCase().includes(word) ||
      node.id.startsWith(word) ||
      String(node.port ?? '').startsWith(word),
  );
}

export function filtered(nodes: readonly Node[], { text, state, tenant }: Filters): Node[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return nodes.filter(
    (node) =>
      (state === '' || node.state === state) &&
      (tenant === '' || node.tenant === tenant) &&
      fits(node, words),
  );
}

type Key = (node: Node) => string | number;

const keys: Record<string, Key> = {
  name: (node) => node.name.toLowerCase(),
  tenant: (node) => node.tenant.toLowerCase(),
  state: (node) => node.state,
  port: (node) => node.port ?? 0,
  memory: (node) => figures.get(node.id)?.now.memory_used_bytes ?? -1,
  keys: (node) => figures.get(node.id)?.now.keys ?? -1,
  ops: (node) => figures.get(node.id)?.now.ops_per_second ?? -1,
  created: (node) => node.created_at,
};

const collator = new Intl.Collator('en', { numeric: true });

export function sorted(nodes: readonly Node[], { key, descending }: Sorting): Node[] {
  const of = keys[key] ?? keys.name;
  if (of === undefined) return [...nodes];
  const sign = descending ? -1 : 1;
  return nodes
    .map((node) => ({ node, value: of(node) }))
    .sort((a, b) => {
      const order =
        typeof a.value === 'string' && typeof b.value === 'string'
          ? collator.compare(a.value, b.value)
          : Number(a.value) - Number(b.value);
      return sign * order || (a.node.id < b.node.id ? -1 : 1);
    })
    .map(({ node }) => node);
}
