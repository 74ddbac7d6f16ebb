import { strings } from '~/strings';

export function codeFault(value: string): string | null {
  return /^\d{6}$/.test(value.trim()) ? null : strings.account.codeFault;
}
