import { Button } from '@mantine/core';
import { IconMapPinQuestion } from '@tabler/icons-react';
import { Link } from 'react-router';

import { strings } from '~/strings';
import { Page } from '~/ui/Page';
import { EmptyState } from '~/ui/states';

export function NotFound() {
  return (
    <Page title={strings.shell.notFoundTitle}>
      <EmptyState
        icon={<IconMapPinQuestion size={18} />}
        title={strings.shell.notFoundDetail}
        action={
          <Button variant="default" component={Link} to="/instances">
            {strings.shell.notFoundBack}
          </Button>
        }
      />
    </Page>
  );
}
