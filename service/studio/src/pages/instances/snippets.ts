// Lines that connect, for the usual clients. All take their values quoted, for a password may hold
// anything.
import type { Address } from '~/pages/instances/address';

export interface Snippet {
  key: string;
  label: string;
  code: string;
}

interface Values extends Address {
  password: string | undefined; // nothing: the instance has none
}

function shell(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

// JSON's strings are Python's, JavaScript's, Go's, Java's and, but for the braces of \u, Rust's.
function quoted(text: string): string {
  return JSON.stringify(text);
}

function urlOf({ host, port, user, password }: Values): string {
  const name = user === undefined ? '' : encodeURIComponent(user);
  const login = password === undefined ? '' : `${name}:${encodeURIComponent(password)}@`;
  const shown = host.includes(':') ? `[${host}]` : host;
  return `redis://${login}${shown}:${port}`;
}

function lines(...parts: (string | false)[]): string {
  return parts.filter((part) => part !== false).join('\n');
}

function redisCli({ host, port, user, password }: Values): string {
  const words = ['redis-cli', '-h', shell(host), '-p', String(port)];
  if (user !== undefined) words.push('--user', shell(user));
  if (password !== undefined) words.push('--pass', shell(password));
  return words.join(' ');
}

function python({ host, port, user, password }: Values): string {
  return lines(
    'import redis',
    '',
    'client = redis.Redis(',
    `    host=${quoted(host)},`,
    `    port=${port},`,
    user !== undefined && `    username=${quoted(user)},`,
    password !== undefined && `    password=${quoted(password)},`,
    ')',
    'client.ping()',
  );
}

function node(values: Values): string {
  return lines(
    `import { createClient } from "redis";`,
    '',
    `const client = createClient({ url: ${quoted(urlOf(values))} });`,
    'await client.connect();',
    'await client.ping();',
  );
}

function go({ host, port, user, password }: Values): string {
  return lines(
    'client := redis.NewClient(&redis.Options{',
    `\tAddr:     ${quoted(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)},`,
    user !== undefined && `\tUsername: ${quoted(user)},`,
    password !== undefined && `\tPassword: ${quoted(password)},`,
    '})',
    'err := client.Ping(context.Background()).Err()',
  );
}

function java(values: Values): string {
  return lines(
    `try (var jedis = new JedisPooled(${quoted(urlOf(values))})) {`,
    '    jedis.ping();',
    '}',
  );
}

function rust(values: Values): string {
  return lines(
    `let client = redis::Client::open(${quoted(urlOf(values))})?;`,
    'let mut connection = client.get_connection()?;',
    'redis::cmd("PING").query::<String>(&mut connection)?;',
  );
}

export function snippetsOf(values: Values): Snippet[] {
  return [
    { key: 'redis-cli', label: 'redis-cli', code: redisCli(values) },
    { key: 'python', label: 'Python', code: python(values) },
    { key: 'node', label: 'Node', code: node(values) },
    { key: 'go', label: 'Go', code: go(values) },
    { key: 'java', label: 'Java', code: java(values) },
    { key: 'rust', label: 'Rust', code: rust(values) },
  ];
}
