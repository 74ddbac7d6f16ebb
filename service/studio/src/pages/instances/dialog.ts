import type { Node } from '~/api/nodes';

// What stands over the list.
export type Dialog =
  | { kind: 'create' }
  | { kind: 'clone' | 'resize' | 'remove' | 'connect' | 'stop' | 'restart'; node: Node };
