import { Button, Divider, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import { openAuth, take } from '~/api/client';
import classes from '~/pages/login/Card.module.css';
import { strings } from '~/strings';

const providersQuery = {
  queryKey: ['providers'],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    take(openAuth.GET('/auth/v1/providers', { signal })),
  staleTime: 60_000,
};

interface ProvidersProps {
  returnTo: string;
  invitation?: string;
}

// Nothing where no provider is set up.
export function Providers({ returnTo, invitation }: ProvidersProps) {
  const query = useQuery(providersQuery);
  if (query.error) return <p className={classes.notice}>{strings.login.providersFailed}</p>;
  const items = query.data?.items.filter((one) => one.kind === 'openid') ?? [];
  if (items.length === 0) return null;
  const leave = (path: string) => {
    const target = new URL(path, globalThis.location.origin);
    // Back to the log-in, which takes a challenge of the second factor and goes on from there.
    target.searchParams.set('return_to', `/login?return_to=${encodeURIComponent(returnTo)}`);
    if (invitation !== undefined && invitation !== '')
      target.searchParams.set('invitation', invitation);
    globalThis.location.assign(target);
  };
  return (
    <>
      <Divider my="md" label={strings.login.or} />
      <Stack gap="xs">
        {items.map((one) => (
          <Button key={one.name} variant="default" size="sm" onClick={() => leave(one.log_in)}>
            {strings.login.withProvider(one.title)}
          </Button>
        ))}
      </Stack>
    </>
  );
}
