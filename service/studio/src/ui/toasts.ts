import { notifications } from '@mantine/notifications';

import { asApiError } from '~/api/errors';
import { strings } from '~/strings';

const closeButtonProps = { 'aria-label': strings.common.close };

export function toastDone(message: string): void {
  notifications.show({ message, withBorder: true, closeButtonProps });
}

export function toastError(failure: unknown): void {
  const error = asApiError(failure);
  // The page that leads back to the log-in says it already.
  if (error.kind === 'signed-out') return;
  notifications.show({
    title: error.title,
    message: error.detail,
    color: 'red',
    withBorder: true,
    autoClose: 8_000,
    closeButtonProps,
  });
}
