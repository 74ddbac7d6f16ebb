import { lazy, Suspense } from 'react';
import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';

import { pages } from '~/app/pages';
import { NeedsScope } from '~/app/NeedsScope';
import { NeedsSession } from '~/app/NeedsSession';
import { NotFound } from '~/app/NotFound';
import { Shell } from '~/app/Shell';
import { strings } from '~/strings';
import { Boundary } from '~/ui/Boundary';
import { LoadingState } from '~/ui/states';

const Login = lazy(() => import('~/pages/login'));
const AcceptInvitation = lazy(() => import('~/pages/login/AcceptInvitation'));
const ResetPassword = lazy(() => import('~/pages/login/ResetPassword'));

function open(path: string, Page: typeof Login): RouteObject {
  return {
    path,
    element: (
      <Boundary ofPage title={strings.shell.brokenTitle}>
        <Suspense fallback={<LoadingState />}>
          <Page />
        </Suspense>
      </Boundary>
    ),
  };
}

export const router = createBrowserRouter([
  open('/login', Login),
  // The names that mails of the auth service lead to.
  open('/accept-invitation', AcceptInvitation),
  open('/reset-password', ResetPassword),
  {
    element: (
      <NeedsSession>
        <Shell />
      </NeedsSession>
    ),
    children: [
      { index: true, element: <Navigate to="/instances" replace /> },
      ...pages.map(({ path, load, scope }) => {
        const Page = lazy(load);
        const page = <Page key={path} />;
        return {
          path,
          element: scope === undefined ? page : <NeedsScope scope={scope}>{page}</NeedsScope>,
        };
      }),
      { path: '*', element: <NotFound /> },
    ],
  },
]);
