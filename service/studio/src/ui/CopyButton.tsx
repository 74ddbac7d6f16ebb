import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useState } from 'react';

import { strings } from '~/strings';
import { IconButton } from '~/ui/IconButton';
import { toastError } from '~/ui/toasts';

// The clipboard API is there only in secure contexts; a gateway on a plain address is none.
async function copyText(text: string): Promise<void> {
  const clipboard = (navigator as { clipboard?: Clipboard }).clipboard;
  if (clipboard) {
    await clipboard.writeText(text);
    return;
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  document.body.append(area);
  area.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- there is no other way on plain http
  const copied = document.execCommand('copy');
  area.remove();
  if (!copied) throw new Error('the browser does not let pages copy');
}

export function CopyButton({
  value,
  label = strings.common.copy,
}: {
  value: string;
  label?: string;
}) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await copyText(value);
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    } catch (failure) {
      toastError(failure);
    }
  };
  return (
    <IconButton label={copied ? strings.common.copied : label} onClick={() => void copy()}>
      {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
    </IconButton>
  );
}
