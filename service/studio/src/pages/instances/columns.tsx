import type { Node } from '~/api/nodes';
import {
  AddressCell,
  CreatedCell,
  KeysCell,
  MemoryCell,
  NameCell,
  OpsCell,
  StateCell,
} from '~/pages/instances/cells';
import type { Dialog } from '~/pages/instances/dialog';
import { RowMenu } from '~/pages/instances/RowMenu';
import { strings } from '~/strings';
import type { Column } from '~/ui/DataTable';

const names = strings.instances.columns;

export function columns(mayChange: boolean, open: (dialog: Dialog) => void): Column<Node>[] {
  return [
    {
      key: 'name',
      header: names.name,
      width: 'minmax(110px, 2fr)',
      sortable: true,
      render: (node) => <NameCell node={node} />,
    },
    {
      key: 'state',
      header: names.state,
      width: '92px',
      sortable: true,
      render: (node) => <StateCell node={node} />,
    },
    {
      key: 'port',
      header: names.address,
      width: 'minmax(200px, 1.6fr)',
      sortable: true,
      hideBelow: 620,
      render: (node) => <AddressCell node={node} />,
    },
    {
      key: 'memory',
      header: names.memory,
      width: 'minmax(130px, 1.4fr)',
      sortable: true,
      hideBelow: 500,
      render: (node) => <MemoryCell node={node} />,
    },
    {
      key: 'keys',
      header: names.keys,
      width: '84px',
      sortable: true,
      align: 'end',
      hideBelow: 900,
      render: (node) => <KeysCell node={node} />,
    },
    {
      key: 'ops',
      header: names.ops,
      width: '124px',
      sortable: true,
      hideBelow: 760,
      render: (node) => <OpsCell node={node} />,
    },
    {
      key: 'created',
      header: names.created,
      width: '96px',
      sortable: true,
      hideBelow: 1020,
      render: (node) => <CreatedCell node={node} />,
    },
    {
      key: 'actions',
      header: names.actions,
      hideHeader: true,
      width: '32px',
      align: 'end',
      render: (node) => <RowMenu node={node} mayChange={mayChange} open={open} />,
    },
  ];
}
