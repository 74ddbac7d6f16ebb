import type { SectionProps } from '~/pages/instance/section';
import { ShellView } from '~/shell/ShellView';

export default function Cli({ node }: SectionProps) {
  return <ShellView node={node} database={0} />;
}
