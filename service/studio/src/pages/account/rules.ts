import { account as accountWords } from '~/strings/account';

export function codeFault(value: string): string | null {
  return /^\d{6}$/.test(value.trim()) ? null : accountWords.codeFault;
}
