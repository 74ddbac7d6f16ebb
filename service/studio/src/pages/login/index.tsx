import { Anchor } from '@mantine/core';
import { useState } from 'react';
import { Link, Navigate, useLocation, useNavigate, useSearchParams } from 'react-router';

import { Card } from '~/pages/login/Card';
import { FactorStep } from '~/pages/login/FactorStep';
import { type LogInAnswer, PasswordStep } from '~/pages/login/PasswordStep';
import { Providers } from '~/pages/login/Providers';
import { safeReturn } from '~/pages/login/rules';
import { useSession } from '~/session/hooks';
import { accept } from '~/session/session';
import { strings } from '~/strings';

// A provider's log-in that asks for the second factor comes back with "#second_factor=<challenge>".
function challengeOf(hash: string): string | undefined {
  return new URLSearchParams(hash.slice(1)).get('second_factor') ?? undefined;
}

export default function Login() {
  const session = useSession();
  const navigate = useNavigate();
  const { hash, search } = useLocation();
  const [parameters] = useSearchParams();
  const [challenge, setChallenge] = useState(() => challengeOf(hash));
  const returnTo = safeReturn(parameters.get('return_to'));

  const onAnswer = (answer: LogInAnswer) => {
    if (answer.tokens) accept(answer.tokens);
    else setChallenge(answer.second_factor?.challenge);
  };
  if (session.phase === 'signed-in') return <Navigate to={returnTo} replace />;
  if (challenge !== undefined) {
    const startOver = () => {
      setChallenge(undefined);
      void navigate({ pathname: '/login', search }, { replace: true });
    };
    return (
      <Card title={strings.login.factorTitle} detail={strings.login.factorDetail}>
        <FactorStep challenge={challenge} onAnswer={onAnswer} onStartOver={startOver} />
      </Card>
    );
  }
  const expired = session.phase === 'signed-out' && session.why === 'expired';
  return (
    <Card
      title={strings.login.title}
      notice={expired ? strings.login.expired : undefined}
      foot={
        <>
          <Anchor component={Link} to="/reset-password" size="sm">
            {strings.login.forgot}
          </Anchor>
          <Anchor component={Link} to="/accept-invitation" size="sm">
            {strings.login.haveInvitation}
          </Anchor>
        </>
      }
    >
      <PasswordStep onAnswer={onAnswer} />
      <Providers returnTo={returnTo} onAnswer={onAnswer} />
    </Card>
  );
}
