import { ConfirmAction } from '~/pages/instances/ConfirmAction';
import { ConnectDialog } from '~/pages/instances/ConnectDialog';
import { CreateDialog } from '~/pages/instances/CreateDialog';
import { DeleteDialog } from '~/pages/instances/DeleteDialog';
import type { Dialog } from '~/pages/instances/dialog';
import { ResizeDialog } from '~/pages/instances/ResizeDialog';

export default function Dialogs({ dialog, onClose }: { dialog: Dialog; onClose: () => void }) {
  switch (dialog.kind) {
    case 'create':
      return <CreateDialog onClose={onClose} />;
    case 'clone':
      return <CreateDialog source={dialog.node} onClose={onClose} />;
    case 'resize':
      return <ResizeDialog node={dialog.node} onClose={onClose} />;
    case 'remove':
      return <DeleteDialog node={dialog.node} onClose={onClose} />;
    case 'connect':
      return <ConnectDialog node={dialog.node} onClose={onClose} />;
    case 'stop':
    case 'restart':
      return <ConfirmAction node={dialog.node} action={dialog.kind} onClose={onClose} />;
  }
}
