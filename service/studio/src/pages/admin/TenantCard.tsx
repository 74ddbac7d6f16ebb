import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';

import { plansQuery, tenantMetricsQuery, tenantQuery } from '~/api/admin';
import { absent, formatBytes, formatNumber, formatTime } from '~/format';
import type { SectionProps } from '~/pages/admin';
import { TenantDialog } from '~/pages/admin/TenantDialog';
import { TenantState } from '~/pages/admin/Tenants';
import { useMay } from '~/session/hooks';
import { admin as adminWords } from '~/strings/admin';
import { MemoryMeter } from '~/ui/Meter';
import { Panel } from '~/ui/Page';
import sections from '~/ui/sections.module.css';
import { QueryView } from '~/ui/states';

const words = adminWords.tenants;

// A tenant as its own people see it: what they have, and how much of their plan is in use.
export default function TenantCard({ tenant: name }: SectionProps) {
  const query = useQuery(tenantQuery(name));
  const usage = useQuery(tenantMetricsQuery(name)).data;
  const plans = useQuery(plansQuery).data;
  const mayChange = useMay('tenant:write');
  const [editing, edit] = useState(false);
  const change = mayChange && query.data && (
    <Button variant="default" onClick={() => edit(true)}>
      {words.edit}
    </Button>
  );
  return (
    <Panel title={name} actions={change} flush>
      <QueryView query={query}>
        {(tenant) => {
          const plan = plans?.find((one) => one.name === tenant.plan);
          const most = (limit: number | undefined) => (limit ? ` / ${formatNumber(limit)}` : '');
          return (
            <table className={sections.rows} aria-label={name}>
              <tbody>
                <Line label={words.displayName}>{tenant.display_name || absent}</Line>
                <Line label={words.state}>
                  <TenantState tenant={tenant} />
                </Line>
                <Line label={words.plan}>{tenant.plan}</Line>
                <Line label={words.instances}>
                  <span className="number">
                    {formatNumber(tenant.nodes)}
                    {most(plan?.max_nodes)}
                  </span>
                </Line>
                <Line label={words.promised}>
                  <div className={sections.bounded}>
                    <MemoryMeter
                      label={words.promised}
                      used={tenant.memory_promised_bytes}
                      limit={plan?.memory_bytes ?? 0}
                    />
                  </div>
                </Line>
                <Line label={words.used}>
                  <span className="number">{formatBytes(usage?.memory_used_bytes)}</span>
                </Line>
                <Line label={words.connections}>
                  <span className="number">
                    {formatNumber(usage?.connections)}
                    {most(plan?.max_connections)}
                  </span>
                </Line>
                <Line label={words.throttled}>
                  <span className="number">{formatNumber(usage?.throttled)}</span>
                </Line>
                <Line label={words.created}>{formatTime(tenant.created_at)}</Line>
              </tbody>
            </table>
          );
        }}
      </QueryView>
      {editing && query.data && (
        <TenantDialog platform={false} tenant={query.data} onClose={() => edit(false)} />
      )}
    </Panel>
  );
}

function Line({ label, children }: { label: string; children: ReactNode }) {
  return (
    <tr>
      <th scope="row">{label}</th>
      <td>{children}</td>
    </tr>
  );
}
