import { Group, Select } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';

import { type TopMetric, topMetrics, topQuery } from '~/api/monitoring';
import classes from '~/pages/monitoring/index.module.css';
import { formatMetric } from '~/pages/monitoring/rules';
import { monitoring as monitoringWords } from '~/strings/monitoring';
import { Panel } from '~/ui/Page';
import sections from '~/ui/sections.module.css';
import { QueryView } from '~/ui/states';

const words = monitoringWords;
const limits = ['5', '10', '25', '100'];

export function Top() {
  const [metric, setMetric] = useState<TopMetric>('ops_per_second');
  const [limit, setLimit] = useState('10');
  const query = useQuery({ ...topQuery(metric, Number(limit)), placeholderData: keepPreviousData });
  const controls = (
    <Group gap={6} wrap="nowrap">
      <Select
        size="xs"
        w={140}
        aria-label={words.topMetric}
        data={topMetrics.map((one) => ({ value: one, label: words.metrics[one] }))}
        allowDeselect={false}
        value={metric}
        onChange={(value) => setMetric(value ?? metric)}
      />
      <Select
        size="xs"
        w={68}
        aria-label={words.topLimit}
        data={limits}
        allowDeselect={false}
        value={limit}
        onChange={(value) => setLimit(value ?? limit)}
      />
    </Group>
  );
  return (
    <Panel title={words.top} actions={controls} flush>
      <QueryView query={query} compact>
        {(answer) => {
          const most = Math.max(...answer.items.map((one) => one.value), 0);
          if (answer.items.length === 0)
            return <p className={sections.quietPadding}>{words.topEmpty}</p>;
          return (
            <table className={sections.rows} aria-label={words.top}>
              <tbody>
                {answer.items.map((one) => (
                  <tr key={one.id}>
                    <td>
                      <Link to={`/instances/${one.id}`} className={sections.name ?? ''}>
                        {one.name}
                      </Link>{' '}
                      <span className={sections.soft}>{one.tenant}</span>
                      <div className={classes.bar} aria-hidden>
                        <div style={{ transform: `scaleX(${most > 0 ? one.value / most : 0})` }} />
                      </div>
                    </td>
                    <td className={`${sections.end} number`}>
                      {formatMetric(answer.metric, one.value)}
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
