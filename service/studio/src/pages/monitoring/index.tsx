import { Select } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';

import { intervalFor } from '~/api/figures';
import { nodesQuery } from '~/api/nodes';
import Alerts from '~/pages/monitoring/Alerts';
import { Away } from '~/pages/monitoring/Away';
import classes from '~/pages/monitoring/index.module.css';
import { useLiveTotals } from '~/pages/monitoring/live';
import { Overview } from '~/pages/monitoring/Overview';
import { rangeOf, ranges } from '~/pages/monitoring/ranges';
import Services from '~/pages/monitoring/Services';
import { useScopes } from '~/session/hooks';
import { monitoring as monitoringWords } from '~/strings/monitoring';
import { Boundary } from '~/ui/Boundary';
import { Page } from '~/ui/Page';
import sections from '~/ui/sections.module.css';
import { SectionTabs } from '~/ui/Sections';
import { StateBadge, type Tone } from '~/ui/StateBadge';
import { Toggle } from '~/ui/Toggle';

const words = monitoringWords;
const views = ['overview', 'alerts', 'services'] as const;

const tones: Record<keyof typeof words.liveStates, Tone> = {
  connecting: 'warn',
  open: 'ok',
  waiting: 'warn',
  closed: 'quiet',
};

// What is looked at is in the address, so that it can be kept and passed on.
function useView() {
  const [parameters, setParameters] = useSearchParams();
  const wanted = parameters.get('view');
  const set = (changed: Record<string, string>) =>
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changed)) {
          if (value === '') next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  return {
    view: views.find((one) => one === wanted) ?? 'overview',
    range: rangeOf(parameters.get('range')),
    tenant: parameters.get('tenant') ?? '',
    live: parameters.get('live') !== 'off',
    set,
  };
}

export default function Monitoring() {
  const { view, range, tenant, live, set } = useView();
  const platform = useScopes().includes('platform');
  const nodes = useQuery({ ...nodesQuery, placeholderData: keepPreviousData }).data;
  const shownTenant = platform ? tenant : '';
  const state = useLiveTotals(
    view === 'overview' && live,
    intervalFor(nodes?.length ?? 0),
    shownTenant,
  );
  const tenants = [...new Set(nodes?.map((one) => one.tenant))].sort();
  const controls = view === 'overview' && (
    <div className={sections.toolbar}>
      <Toggle
        className={classes.live ?? ''}
        aria-label={words.live}
        title={words.liveHint}
        label={<StateBadge tone={tones[state.socket]} label={words.liveStates[state.socket]} />}
        checked={live}
        onChange={(event) => set({ live: event.currentTarget.checked ? '' : 'off' })}
      />
      {platform && (
        <Select
          size="xs"
          w={150}
          aria-label={words.tenant}
          placeholder={words.allTenants}
          data={tenants}
          searchable
          clearable
          value={tenant === '' ? null : tenant}
          onChange={(value) => set({ tenant: value ?? '' })}
        />
      )}
      <Select
        size="xs"
        w={120}
        aria-label={words.range}
        data={ranges.map(({ key }) => ({ value: key, label: words.ranges[key] }))}
        allowDeselect={false}
        value={range.key}
        onChange={(value) => set({ range: value ?? '' })}
      />
    </div>
  );
  return (
    <Page title={words.title} layout="fill" actions={controls}>
      <SectionTabs
        label={words.title}
        tabs={views.map((key) => ({ key, label: words.views[key] }))}
        value={view}
        onChange={(key) => set({ view: key === 'overview' ? '' : key })}
      >
        <Away platform={platform} />
        <Boundary resetKey={view}>
          {view === 'overview' && (
            <Overview
              live={state}
              follows={live}
              nodes={nodes ?? []}
              range={range}
              tenant={shownTenant}
              platform={platform}
            />
          )}
          {view === 'alerts' && <Alerts />}
          {view === 'services' && <Services platform={platform} />}
        </Boundary>
      </SectionTabs>
    </Page>
  );
}
