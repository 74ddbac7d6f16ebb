// Commands that destroy much at once, or stop the node for a while: the shell asks before it sends
// them.

export type Danger = 'destroys' | 'blocks' | 'locks';

const dangers: Partial<Record<string, Danger>> = {
  FLUSHALL: 'destroys',
  FLUSHDB: 'destroys',
  SWAPDB: 'destroys',
  'SCRIPT FLUSH': 'destroys',
  'FUNCTION FLUSH': 'destroys',
  'FUNCTION DELETE': 'destroys',
  'XGROUP DESTROY': 'destroys',
  'ACL DELUSER': 'locks',
  'ACL SETUSER': 'locks',
  'CONFIG SET': 'locks',
  'CLIENT KILL': 'locks',
  'CLIENT PAUSE': 'blocks',
  KEYS: 'blocks',
  DEBUG: 'blocks',
};

export function dangerOf(words: readonly string[]): Danger | undefined {
  const [first = '', second = ''] = words.map((word) => word.toUpperCase());
  return dangers[`${first} ${second}`] ?? dangers[first];
}

// What is not kept in the history: it may hold a password.
export function isSecret(words: readonly string[]): boolean {
  const [first = '', second = ''] = words.map((word) => word.toUpperCase());
  if (first === 'AUTH' || (first === 'HELLO' && words.length > 2)) return true;
  if (first === 'ACL' && second === 'SETUSER') return true;
  return first === 'CONFIG' && words.some((word) => /pass/i.test(word));
}
