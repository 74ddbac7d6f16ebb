import type { Node } from '~/api/nodes';

export interface SectionProps {
  node: Node;
  mayWrite: boolean; // commands that change something
}
