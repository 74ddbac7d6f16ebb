// Firebase's REST interface: an ID token for e-mail and password. The one request of the Studio that
// leaves the origin; made when somebody logs in by Firebase, where that is set up, and never else.
import { ApiError } from '~/api/errors';

const texts: Record<string, string> = {
  EMAIL_NOT_FOUND: 'The e-mail address or the password is wrong.',
  INVALID_PASSWORD: 'The e-mail address or the password is wrong.',
  INVALID_LOGIN_CREDENTIALS: 'The e-mail address or the password is wrong.',
  USER_DISABLED: 'The account is disabled.',
  TOO_MANY_ATTEMPTS_TRY_LATER: 'Too many attempts. Try again later.',
};

interface Answer {
  idToken?: unknown;
  error?: { message?: unknown };
}

function textOf(answer: Answer): string {
  const message = typeof answer.error?.message === 'string' ? answer.error.message : '';
  // "TOO_MANY_ATTEMPTS_TRY_LATER : explanation"
  return texts[message.split(' ')[0] ?? ''] ?? message;
}

export async function firebaseIdToken(
  url: string,
  email: string,
  password: string,
): Promise<string> {
  let answer: Answer | null;
  try {
    const response = await fetch(url, {
      method: 'POST',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email, password, returnSecureToken: true }),
      signal: AbortSignal.timeout(20_000),
    });
    answer = (await response.json()) as Answer | null;
  } catch {
    throw new ApiError('network', 'Firebase cannot be reached', '');
  }
  if (typeof answer?.idToken === 'string') return answer.idToken;
  throw new ApiError(
    'problem',
    'Firebase refuses the log-in',
    answer === null ? '' : textOf(answer),
  );
}
