import type { Node } from '~/api/nodes';

export interface Address {
  host: string;
  port: number;
  user?: string; // on the router port, where the name leads to the instance
  tlsPort?: number;
}

const anywhere = new Set(['', '0.0.0.0', '::', '127.0.0.1', 'localhost']);

// A node says where it listens. One that listens everywhere, or on the machine itself, is where the
// page came from.
function hostOf(node: Node, pageHost: string): string {
  return anywhere.has(node.host) ? pageHost : node.host;
}

export function addressOf(
  node: Node,
  pageHost: string = globalThis.location.hostname,
): Address | undefined {
  const host = hostOf(node, pageHost);
  const tlsPort = node.router?.tls_port ?? undefined;
  if (node.port !== null) return { host, port: node.port };
  if (node.router?.port == null) return undefined;
  return {
    host,
    port: node.router.port,
    user: node.router.user,
    ...(tlsPort !== undefined && { tlsPort }),
  };
}

export function addressText({ host, port }: Address): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}
