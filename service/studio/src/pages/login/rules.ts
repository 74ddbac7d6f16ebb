import { strings } from '~/strings';

const emailText = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export function emailFault(value: string): string | null {
  return emailText.test(value.trim()) ? null : strings.login.needEmail;
}

// What the auth service asks of a new password.
export function newPasswordFault(value: string): string | null {
  if (Array.from(value).length < 10) return strings.login.shortPassword;
  return new TextEncoder().encode(value).length > 1024 ? strings.login.longPassword : null;
}

export function tokenFault(prefix: string) {
  return (value: string) =>
    value.trim().startsWith(prefix) ? null : `${strings.login.needToken} ${prefix}`;
}

// Only a path of this origin: neither "//host" nor "/\host".
export function safeReturn(wanted: string | null): string {
  return wanted !== null && /^\/(?:[^/\\\s#][^\\\s#]*)?$/.test(wanted) ? wanted : '/';
}
