// One instance: its figures, its data, and what is done to it, a section at a time.
import { Button, Tabs } from '@mantine/core';
import { IconDatabaseOff, IconPlayerPlay, IconPlugConnected } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type ComponentType, lazy, Suspense, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';

import { asApiError } from '~/api/errors';
import { useFiguresStream } from '~/api/figures';
import { type Node, nodeQuery, useNodeAction } from '~/api/nodes';
import type { SectionProps } from '~/pages/instance/section';
import { StateCell } from '~/pages/instances/cells';
import { ConnectDialog } from '~/pages/instances/ConnectDialog';
import { useMay } from '~/session/hooks';
import { strings } from '~/strings';
import { instance as instanceWords } from '~/strings/instance';
import { Boundary } from '~/ui/Boundary';
import { Page } from '~/ui/Page';
import sectionsCss from '~/ui/sections.module.css';
import { EmptyState, LoadingState, QueryView } from '~/ui/states';
import { toastError } from '~/ui/toasts';

const words = instanceWords;

interface Section {
  key: keyof typeof words.tabs;
  Content: ComponentType<SectionProps>;
  fill?: boolean; // it scrolls itself
  stopped?: boolean; // has something to show of an instance that does not run
}

const sections: readonly Section[] = [
  {
    key: 'overview',
    Content: lazy(() => import('~/pages/instance/Overview')),
    stopped: true,
  },
  { key: 'keys', Content: lazy(() => import('~/pages/instance/Keys')), fill: true },
  { key: 'cli', Content: lazy(() => import('~/pages/instance/Cli')), fill: true },
  { key: 'memory', Content: lazy(() => import('~/pages/instance/Memory')) },
  { key: 'slowlog', Content: lazy(() => import('~/pages/instance/SlowLog')) },
  { key: 'clients', Content: lazy(() => import('~/pages/instance/Clients')) },
  { key: 'pubsub', Content: lazy(() => import('~/pages/instance/PubSub')) },
  { key: 'monitor', Content: lazy(() => import('~/pages/instance/Monitor')), fill: true },
  { key: 'config', Content: lazy(() => import('~/pages/instance/Config')) },
  { key: 'users', Content: lazy(() => import('~/pages/instance/Users')) },
  { key: 'backup', Content: lazy(() => import('~/pages/instance/Backup')) },
  { key: 'history', Content: lazy(() => import('~/pages/instance/History')), stopped: true },
];

export default function Instance() {
  const { id = '', section = 'overview' } = useParams();
  const query = useQuery({
    ...nodeQuery(id),
    retry: (count, error) => asApiError(error).status !== 404 && count < 2,
    refetchInterval: 15_000,
  });
  if (query.isError && asApiError(query.error).status === 404) {
    return (
      <Page title={words.missing}>
        <EmptyState
          icon={<IconDatabaseOff size={18} />}
          title={words.missing}
          detail={words.missingDetail}
          action={
            <Button component={Link} to="/instances" variant="default">
              {words.back}
            </Button>
          }
        />
      </Page>
    );
  }
  const node = query.data?.value;
  return (
    <Page
      title={node?.name ?? strings.instances.title}
      subtitle={node?.tenant}
      layout="fill"
      actions={node !== undefined && <Actions node={node} />}
    >
      <QueryView query={query}>
        {({ value }) => <Sections key={value.id} node={value} wanted={section} />}
      </QueryView>
    </Page>
  );
}

function Actions({ node }: { node: Node }) {
  const [connecting, setConnecting] = useState(false);
  const mayChange = useMay('nodes:write');
  const action = useNodeAction();
  return (
    <>
      <StateCell node={node} />
      {node.state === 'stopped' && mayChange && (
        <Button
          variant="default"
          leftSection={<IconPlayerPlay size={14} />}
          loading={action.isPending}
          onClick={() => action.mutate({ id: node.id, action: 'start' }, { onError: toastError })}
        >
          {strings.instances.start}
        </Button>
      )}
      <Button
        variant="default"
        leftSection={<IconPlugConnected size={14} />}
        onClick={() => setConnecting(true)}
      >
        {strings.instances.connect}
      </Button>
      {connecting && <ConnectDialog node={node} onClose={() => setConnecting(false)} />}
    </>
  );
}

function Sections({ node, wanted }: { node: Node; wanted: string }) {
  const navigate = useNavigate();
  const mayWrite = useMay('commands:write');
  useFiguresStream(1_000, node.tenant);
  const section = sections.find((one) => one.key === wanted) ?? sections[0];
  if (section === undefined) return null;
  const { Content } = section;
  const shown = node.state === 'running' || section.stopped === true;
  const content = (
    <Boundary resetKey={section.key}>
      <Suspense fallback={<LoadingState lines={6} />}>
        {shown ? (
          <Content node={node} mayWrite={mayWrite} />
        ) : (
          <EmptyState title={words.notRunning} detail={words.notRunningDetail} />
        )}
      </Suspense>
    </Boundary>
  );
  const panel = {
    id: 'instance-content',
    role: 'tabpanel',
    'aria-label': words.tabs[section.key],
  } as const;
  return (
    <>
      <Tabs
        className={sectionsCss.tabs ?? ''}
        value={section.key}
        onChange={(key) => void navigate(`/instances/${node.id}/${key ?? ''}`)}
      >
        <Tabs.List aria-label={words.tabsLabel} style={{ flexWrap: 'nowrap', overflowX: 'auto' }}>
          {sections.map(({ key }) => (
            <Tabs.Tab key={key} value={key} aria-controls={panel.id} style={{ flex: 'none' }}>
              {words.tabs[key]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      {section.fill && shown ? (
        <div {...panel} style={{ flex: 1, minHeight: 0, display: 'flex', flexDirection: 'column' }}>
          {content}
        </div>
      ) : (
        <div {...panel} className={sectionsCss.content}>
          <div className={sectionsCss.stack}>{content}</div>
        </div>
      )}
    </>
  );
}
