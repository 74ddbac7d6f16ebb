import { notifications } from '@mantine/notifications';

import { asApiError } from '~/api/errors';

export function toastDone(message: string): void {
  notifications.show({ message, withBorder: true });
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
  });
}
