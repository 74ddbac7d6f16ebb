import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { capacityQuery } from '~/api/admin';
import { tenantsQuery } from '~/api/tenants';
import { formatBytes, formatNumber, formatPercent } from '~/format';
import { Hosts } from '~/pages/monitoring/Hosts';
import { GatewayView } from '~/pages/monitoring/Services';
import { admin as adminWords } from '~/strings/admin';
import { MemoryMeter } from '~/ui/Meter';
import { Panel } from '~/ui/Page';
import { ScrollX } from '~/ui/ScrollX';
import sections from '~/ui/sections.module.css';
import { QueryView } from '~/ui/states';

const words = adminWords.capacity;

// What there is, what was promised, what is in use, what is free.
export default function Capacity() {
  const query = useQuery(capacityQuery);
  return (
    <>
      <Panel title={words.platform} flush>
        <QueryView query={query}>
          {({ ports, memory, tenants, nodes, nodes_running: running, shards }) => {
            const all = ports.end - ports.start + 1;
            const bounded = memory.limit_bytes > 0;
            return (
              <ScrollX>
                <table className={sections.rows} aria-label={words.platform}>
                  <tbody>
                    <Line label={words.ports}>
                      <span className="number">
                        {words.portsUsed(ports.used, all)}, {words.portsFree(ports.available)}
                      </span>{' '}
                      <span className={`${sections.soft} number`}>
                        {words.range(ports.start, ports.end)}
                      </span>
                    </Line>
                    <Line label={words.promised}>
                      <Amount
                        label={words.promised}
                        bytes={memory.promised_bytes}
                        limit={bounded ? memory.promisable_bytes : 0}
                      />
                    </Line>
                    <Line label={words.used}>
                      <Amount
                        label={words.used}
                        bytes={memory.used_bytes}
                        limit={memory.limit_bytes}
                      />
                    </Line>
                    <Line label={words.free}>
                      <span className="number">
                        {bounded
                          ? formatBytes(
                              Math.max(0, memory.promisable_bytes - memory.promised_bytes),
                            )
                          : words.unlimited}
                      </span>
                    </Line>
                    <Line label={words.limit}>
                      <span className="number">
                        {bounded ? formatBytes(memory.limit_bytes) : words.unlimited}
                      </span>{' '}
                      {bounded && (
                        <span className={sections.soft}>
                          {words.overcommit(memory.overcommit_percent)}
                        </span>
                      )}
                    </Line>
                    <Line label={words.instances}>
                      <span className="number">{words.running(running, nodes)}</span>
                    </Line>
                    <Line label={words.tenants}>
                      <span className="number">{formatNumber(tenants)}</span>
                    </Line>
                    <Line label={words.shards}>
                      <span className="number">{formatNumber(shards)}</span>
                    </Line>
                  </tbody>
                </table>
              </ScrollX>
            );
          }}
        </QueryView>
      </Panel>
      <div className={sections.halves}>
        <ByTenant />
        <Hosts />
      </div>
      <GatewayView />
    </>
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

// Against its limit, where there is one.
function Amount({ label, bytes, limit }: { label: string; bytes: number; limit: number }) {
  if (limit === 0) return <span className="number">{formatBytes(bytes)}</span>;
  return (
    <div className={sections.bounded}>
      <MemoryMeter label={label} used={bytes} limit={limit} />
    </div>
  );
}

function ByTenant() {
  const query = useQuery(tenantsQuery);
  return (
    <Panel title={words.byTenant} flush>
      <QueryView query={query} compact>
        {(tenants) => {
          const total = tenants.reduce((sum, one) => sum + one.memory_promised_bytes, 0);
          const shown = tenants
            .filter((one) => one.memory_promised_bytes > 0)
            .sort((a, b) => b.memory_promised_bytes - a.memory_promised_bytes)
            .slice(0, 20);
          if (shown.length === 0)
            return <p className={sections.quietPadding}>{words.byTenantEmpty}</p>;
          return (
            <table className={sections.rows} aria-label={words.byTenant}>
              <tbody>
                {shown.map((one) => (
                  <tr key={one.name}>
                    <td>{one.name}</td>
                    <td className={`${sections.end} number`}>
                      {formatBytes(one.memory_promised_bytes)}
                    </td>
                    <td className={`${sections.end} ${sections.soft} number`}>
                      {formatPercent(one.memory_promised_bytes, total)}
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
