import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import { meQuery } from '~/api/me';
import { Memberships } from '~/pages/account/Memberships';
import { PasswordPanel } from '~/pages/account/PasswordPanel';
import { Profile } from '~/pages/account/Profile';
import { SecondFactor } from '~/pages/account/SecondFactor';
import { Sessions } from '~/pages/account/Sessions';
import { account as accountWords } from '~/strings/account';
import { Page } from '~/ui/Page';
import { QueryView } from '~/ui/states';

export default function Account() {
  const me = useQuery(meQuery);
  return (
    <Page title={accountWords.title} layout="narrow">
      <QueryView query={me}>
        {({ user, memberships, session }) => (
          <Stack gap="lg">
            <Profile user={user} />
            <Memberships memberships={memberships} current={session.tenant} />
            <PasswordPanel user={user} />
            <SecondFactor user={user} />
            <Sessions />
          </Stack>
        )}
      </QueryView>
    </Page>
  );
}
