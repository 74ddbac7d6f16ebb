// What X-CSRF-Token repeats: on https the cookie has a prefix that only a secure origin can set.
const names = ['__Host-miniredis_csrf', 'miniredis_csrf'];

export function csrfToken(cookies: string = document.cookie): string | undefined {
  const pairs = cookies.split('; ').map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  for (const name of names) {
    const found = pairs.find(([key]) => key === name);
    if (found?.[1]) return decodeURIComponent(found[1]);
  }
  return undefined;
}
