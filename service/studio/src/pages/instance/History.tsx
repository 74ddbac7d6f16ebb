import { useQuery } from '@tanstack/react-query';

import { gateway, take } from '~/api/client';
import { absent, formatTime } from '~/format';
import type { SectionProps } from '~/pages/instance/section';
import { instance as instanceWords } from '~/strings/instance';
import { Panel } from '~/ui/Page';
import sections from '~/ui/sections.module.css';
import { EmptyState, QueryView } from '~/ui/states';

const words = instanceWords.history;

export default function History({ node }: SectionProps) {
  const query = useQuery({
    queryKey: ['nodes', node.id, 'history', node.version],
    queryFn: ({ signal }) =>
      take(
        gateway.GET('/v1/nodes/{node}/history', { params: { path: { node: node.id } }, signal }),
      ),
  });
  return (
    <Panel title={instanceWords.tabs.history} flush>
      <QueryView query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={words.none} />
          ) : (
            <div className={sections.scroll}>
              <table className={sections.rows}>
                <thead>
                  <tr>
                    <th scope="col">{words.at}</th>
                    <th scope="col">{words.change}</th>
                    <th scope="col">{words.cause}</th>
                    <th scope="col">{words.actor}</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((event) => (
                    <tr key={event.id}>
                      <td className={`${sections.tight} number`}>{formatTime(event.at)}</td>
                      <td className={sections.tight}>
                        {event.from ?? absent} → {event.to}
                      </td>
                      <td>{event.cause}</td>
                      <td>{event.actor}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </QueryView>
    </Panel>
  );
}
