// What forms of the admin pages ask, and what they send.
import type { ApiKey, Plan, PlanUpdate, Role } from '~/api/admin';
import { formatBytes, parseBytes, parseTime } from '~/format';
import { admin as adminWords } from '~/strings/admin';

const words = adminWords;

export function tenantNameFault(value: string): string | null {
  const sound = /^[A-Za-z0-9_.-]{1,64}$/.test(value) && !/^\.{1,2}$/.test(value);
  return sound ? null : words.tenants.nameFault;
}

export function displayNameFault(value: string): string | null {
  return new TextEncoder().encode(value).length <= 200 ? null : words.tenants.displayNameFault;
}

export function keyNameFault(value: string): string | null {
  return value.trim() !== '' && value.length <= 100 ? null : words.keys.nameFault;
}

export interface PlanValues {
  name: string;
  memory: string;
  nodes: string;
  connections: string;
  ops: string;
  bytes: string;
}

function numberFault(value: string): string | null {
  return /^\d{1,9}$/.test(value) ? null : words.plans.numberFault;
}

function amountFault(value: string): string | null {
  return parseBytes(value) === undefined ? words.plans.amountFault : null;
}

export const planValidation = {
  name: (value: string) => (/^[a-z0-9-]{1,64}$/.test(value) ? null : words.plans.nameFault),
  memory: amountFault,
  nodes: numberFault,
  connections: numberFault,
  ops: numberFault,
  bytes: amountFault,
};

function amountText(bytes: number): string {
  return bytes === 0 ? '0' : formatBytes(bytes);
}

export function planValues(plan: Plan | undefined): PlanValues {
  return {
    name: plan?.name ?? '',
    memory: amountText(plan?.memory_bytes ?? 0),
    nodes: String(plan?.max_nodes ?? 0),
    connections: String(plan?.max_connections ?? 0),
    ops: String(plan?.ops_per_second ?? 0),
    bytes: amountText(plan?.bytes_per_second ?? 0),
  };
}

// An amount that was not touched is sent as it was: its text is rounded.
function amountOf(text: string, before: number | undefined): number {
  if (before !== undefined && text === amountText(before)) return before;
  return parseBytes(text) ?? 0;
}

export function planBody(values: PlanValues, before?: Plan): PlanUpdate {
  return {
    memory_bytes: amountOf(values.memory, before?.memory_bytes),
    max_nodes: Number(values.nodes),
    max_connections: Number(values.connections),
    ops_per_second: Number(values.ops),
    bytes_per_second: amountOf(values.bytes, before?.bytes_per_second),
  };
}

// Seconds from now as a time; nothing for "never".
export function expiryOf(life: string, nowMs: number = Date.now()): string | undefined {
  return life === '' ? undefined : new Date(nowMs + Number(life) * 1000).toISOString();
}

export type CredentialState = 'active' | 'revoked' | 'expired';

export function credentialState(
  one: Pick<ApiKey, 'revoked_at' | 'expires_at'>,
  nowMs: number = Date.now(),
): CredentialState {
  if (one.revoked_at !== null) return 'revoked';
  const ends = parseTime(one.expires_at);
  return ends !== undefined && ends.getTime() <= nowMs ? 'expired' : 'active';
}

export const roles: readonly Role[] = ['viewer', 'member', 'admin', 'owner'];

// Nobody gives a role above their own.
export function rolesUpTo(own: string | null, platform: boolean): Role[] {
  if (platform) return [...roles];
  const rank = roles.findIndex((one) => one === own);
  return roles.slice(0, rank + 1);
}

// Where the links of invitations and new passwords lead, as those in mails do.
export function linkTo(page: 'accept-invitation' | 'reset-password', token: string): string {
  return `${globalThis.location.origin}/${page}#${token}`;
}

export function isEmail(text: string): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text.trim());
}

// The day that a date field gives, in the reader's zone, as a moment.
export function dayStart(day: string): string {
  const time = new Date(`${day}T00:00:00`);
  return day === '' || Number.isNaN(time.getTime()) ? '' : time.toISOString();
}

export function dayEnd(day: string): string {
  const start = dayStart(day);
  return start === '' ? '' : new Date(Date.parse(start) + 86_400_000 - 1).toISOString();
}
