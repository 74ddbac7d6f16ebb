import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';

import { type Figures, figuresQuery } from '~/api/monitoring';
import { formatBytes, formatDuration } from '~/format';
import { monitoring as monitoringWords } from '~/strings/monitoring';
import { Panel } from '~/ui/Page';
import sections from '~/ui/sections.module.css';
import { QueryView } from '~/ui/states';
import { StateBadge } from '~/ui/StateBadge';

const words = monitoringWords;
const most = 10;
const soonSeconds = 3 * 3600;

// Those whose memory reaches its limit, the soonest first.
export function filling(items: readonly Figures[]): Figures[] {
  const when = (one: Figures) => one.full_in_seconds ?? Infinity;
  return items
    .filter((one) => one.full_in_seconds !== null)
    .sort((a, b) => when(a) - when(b))
    .slice(0, most);
}

export function fullInText(seconds: number | null): string {
  return seconds === null || seconds <= 0 ? words.fullNow : words.fullIn(formatDuration(seconds));
}

export function Growth() {
  const query = useQuery(figuresQuery);
  return (
    <Panel title={words.growth} flush>
      <QueryView query={query} compact>
        {(items) => {
          const found = filling(items);
          if (found.length === 0)
            return <p className={sections.quietPadding}>{words.growthEmpty}</p>;
          return (
            <table className={sections.rows} aria-label={words.growth}>
              <tbody>
                {found.map((one) => (
                  <tr key={one.id}>
                    <td>
                      <Link to={`/instances/${one.id}`} className={sections.name ?? ''}>
                        {one.name}
                      </Link>{' '}
                      <span className={sections.soft}>{one.tenant}</span>
                    </td>
                    <td className={`${sections.tight} number`}>
                      {formatBytes(one.memory_used_bytes)}{' '}
                      <span className={sections.soft}>/ {formatBytes(one.memory_limit_bytes)}</span>
                    </td>
                    <td className={`${sections.end} number`}>
                      <StateBadge
                        tone={(one.full_in_seconds ?? 0) < soonSeconds ? 'bad' : 'warn'}
                        label={fullInText(one.full_in_seconds)}
                      />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          );
        }}
      </QueryView>
    </Panel>
  );
}
