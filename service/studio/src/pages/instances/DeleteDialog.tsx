import { type Node, useDeleteNode } from '~/api/nodes';
import { strings } from '~/strings';
import { textOfFailure } from '~/ui/forms';
import { toastDone } from '~/ui/toasts';
import { TypedConfirm } from '~/ui/TypedConfirm';

const words = strings.instances;

export function DeleteDialog({ node, onClose }: { node: Node; onClose: () => void }) {
  const remove = useDeleteNode();
  const confirm = () => {
    remove.mutate(node, {
      onSuccess: () => {
        toastDone(words.removed(node.name));
        onClose();
      },
    });
  };
  return (
    <TypedConfirm
      title={words.removeTitle(node.name)}
      detail={words.removeDetail}
      word={node.name}
      prompt={words.removeConfirm(node.name)}
      submit={words.removeSubmit}
      pending={remove.isPending}
      failure={remove.error ? textOfFailure(remove.error) : undefined}
      onConfirm={confirm}
      onClose={onClose}
    />
  );
}
