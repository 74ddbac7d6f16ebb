import { Button, Menu, TextInput, VisuallyHidden } from '@mantine/core';
import { IconBuilding, IconPlus, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';

import { useTenantAction } from '~/api/admin';
import { type Tenant, tenantsQuery } from '~/api/tenants';
import { useCommands } from '~/app/commands';
import { formatAgo, formatBytes, formatNumber, formatTime } from '~/format';
import { DeleteTenant } from '~/pages/admin/DeleteTenant';
import { TenantDialog } from '~/pages/admin/TenantDialog';
import { strings } from '~/strings';
import { admin as adminWords } from '~/strings/admin';
import { ActionsMenu } from '~/ui/ActionsMenu';
import { Confirm } from '~/ui/Confirm';
import { textOfFailure } from '~/ui/forms';
import { Panel } from '~/ui/Page';
import { ScrollX } from '~/ui/ScrollX';
import sections from '~/ui/sections.module.css';
import { EmptyState, QueryView } from '~/ui/states';
import { StateBadge, type Tone } from '~/ui/StateBadge';
import { toastDone, toastError } from '~/ui/toasts';

const words = adminWords.tenants;

const tones: Record<Tenant['state'], Tone> = { active: 'ok', suspended: 'warn', deleting: 'bad' };

export function TenantState({ tenant }: { tenant: Tenant }) {
  return (
    <>
      <StateBadge tone={tones[tenant.state]} label={adminWords.states[tenant.state]} />
      {tenant.purge_at !== null && (
        <div className={sections.soft} title={formatTime(tenant.purge_at)}>
          {words.purge(formatAgo(tenant.purge_at))}
        </div>
      )}
    </>
  );
}

type Dialog = { kind: 'create' } | { kind: 'edit' | 'suspend' | 'remove'; tenant: Tenant };

export default function Tenants() {
  const query = useQuery({ ...tenantsQuery, refetchInterval: 30_000 });
  const [text, setText] = useState('');
  const [dialog, open] = useState<Dialog>();
  useCommands(
    [{ id: 'create-tenant', label: words.create, keys: 'c', run: () => open({ kind: 'create' }) }],
    [],
  );
  const wanted = text.trim().toLowerCase();
  const fits = (one: Tenant) =>
    `${one.name} ${one.display_name} ${one.plan}`.toLowerCase().includes(wanted);
  return (
    <>
      <div className={sections.toolbar}>
        <TextInput
          size="xs"
          type="search"
          style={{ flex: 1, maxWidth: 320 }}
          leftSection={<IconSearch size={14} aria-hidden />}
          aria-label={words.search}
          placeholder={words.search}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button
          ml="auto"
          leftSection={<IconPlus size={14} />}
          onClick={() => open({ kind: 'create' })}
        >
          {words.create}
        </Button>
      </div>
      <Panel title={adminWords.sections.tenants} flush>
        <QueryView query={query}>
          {(tenants) => {
            const shown = tenants.filter(fits);
            if (shown.length === 0) {
              return tenants.length === 0 ? (
                <EmptyState
                  icon={<IconBuilding size={18} />}
                  title={words.empty}
                  detail={words.emptyDetail}
                />
              ) : (
                <EmptyState compact title={words.nothingFits} />
              );
            }
            return <Table tenants={shown} open={open} />;
          }}
        </QueryView>
      </Panel>
      {dialog && <Dialogs dialog={dialog} onClose={() => open(undefined)} />}
    </>
  );
}

function Table({ tenants, open }: { tenants: readonly Tenant[]; open: (dialog: Dialog) => void }) {
  return (
    <ScrollX>
      <table className={sections.rows} aria-label={adminWords.sections.tenants}>
        <thead>
          <tr>
            <th>{words.name}</th>
            <th>{words.state}</th>
            <th className={sections.wide}>{words.plan}</th>
            <th className={sections.end}>{words.instances}</th>
            <th className={sections.end}>{words.promised}</th>
            <th className={`${sections.end} ${sections.wide}`}>{words.created}</th>
            <th>
              <VisuallyHidden>{strings.common.more}</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {tenants.map((tenant) => (
            <tr key={tenant.name}>
              <td>
                <Link
                  to={`/instances?tenant=${encodeURIComponent(tenant.name)}`}
                  className={sections.name ?? ''}
                >
                  {tenant.name}
                </Link>
                {tenant.display_name !== '' && (
                  <div className={sections.soft}>{tenant.display_name}</div>
                )}
              </td>
              <td className={sections.tight}>
                <TenantState tenant={tenant} />
              </td>
              <td className={sections.wide}>{tenant.plan}</td>
              <td className={`${sections.end} number`}>{formatNumber(tenant.nodes)}</td>
              <td className={`${sections.end} number`}>
                {formatBytes(tenant.memory_promised_bytes)}
              </td>
              <td
                className={`${sections.end} ${sections.soft} ${sections.wide} number`}
                title={formatTime(tenant.created_at)}
              >
                {formatAgo(tenant.created_at)}
              </td>
              <td className={sections.end}>
                <RowMenu tenant={tenant} open={open} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}

function RowMenu({ tenant, open }: { tenant: Tenant; open: (dialog: Dialog) => void }) {
  const action = useTenantAction();
  const resume = () => {
    action.mutate(
      { tenant, action: 'resume' },
      { onSuccess: () => toastDone(words.resumed(tenant.name)), onError: toastError },
    );
  };
  const of = `?tenant=${encodeURIComponent(tenant.name)}`;
  return (
    <ActionsMenu label={words.actionsOf(tenant.name)} width={180}>
      <Menu.Item component={Link} to={`/admin/people${of}`}>
        {words.membersOf}
      </Menu.Item>
      <Menu.Item component={Link} to={`/admin/keys${of}`}>
        {words.keysOf}
      </Menu.Item>
      <Menu.Divider />
      <Menu.Item onClick={() => open({ kind: 'edit', tenant })}>{words.edit}</Menu.Item>
      {tenant.state === 'active' && (
        <Menu.Item onClick={() => open({ kind: 'suspend', tenant })}>{words.suspend}</Menu.Item>
      )}
      {tenant.state !== 'active' && (
        <Menu.Item onClick={resume}>
          {tenant.state === 'deleting' ? words.takeBack : words.resume}
        </Menu.Item>
      )}
      <Menu.Item color="red" onClick={() => open({ kind: 'remove', tenant })}>
        {words.remove}
      </Menu.Item>
    </ActionsMenu>
  );
}

function Dialogs({ dialog, onClose }: { dialog: Dialog; onClose: () => void }) {
  switch (dialog.kind) {
    case 'create':
      return <TenantDialog platform onClose={onClose} />;
    case 'edit':
      return <TenantDialog platform tenant={dialog.tenant} onClose={onClose} />;
    case 'suspend':
      return <Suspend tenant={dialog.tenant} onClose={onClose} />;
    case 'remove':
      return <DeleteTenant tenant={dialog.tenant} onClose={onClose} />;
  }
}

function Suspend({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
  const action = useTenantAction();
  const confirm = () => {
    action.mutate(
      { tenant, action: 'suspend' },
      {
        onSuccess: () => {
          toastDone(words.suspended(tenant.name));
          onClose();
        },
      },
    );
  };
  return (
    <Confirm
      danger
      title={words.suspendTitle(tenant.name)}
      detail={words.suspendDetail}
      submit={words.suspendSubmit}
      pending={action.isPending}
      failure={action.error ? textOfFailure(action.error) : undefined}
      onConfirm={confirm}
      onClose={onClose}
    />
  );
}
