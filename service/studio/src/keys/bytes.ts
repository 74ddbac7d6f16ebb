// Bytes as text and back. Text is UTF-8; what is none is shown, and typed, with \x for each byte.

export function bytesOfBase64(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

export function base64OfBytes(bytes: Uint8Array): string {
  let binary = '';
  const piece = 0x8000; // arguments of one call
  for (let at = 0; at < bytes.length; at += piece) {
    binary += String.fromCharCode(...bytes.subarray(at, at + piece));
  }
  return btoa(binary);
}

// Nothing when it is no UTF-8. The end may be cut in the middle of a character.
export function utf8Of(bytes: Uint8Array, whole: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, {
      stream: !whole,
    });
  } catch {
    return undefined;
  }
}

export function escapedOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0x5c) text += '\\\\';
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}

// The bytes of text with escapes; other characters stand for their UTF-8. Nothing for a backslash that
// begins no escape.
export function unescapedOf(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  const pieces = /\\\\|\\x([0-9a-f]{2})|([^\\]+)/giy;
  let at = 0;
  while (at < text.length) {
    pieces.lastIndex = at;
    const match = pieces.exec(text);
    if (match === null) return undefined;
    if (match[1] !== undefined) bytes.push(parseInt(match[1], 16));
    else if (match[2] !== undefined) bytes.push(...encoder.encode(match[2]));
    else bytes.push(0x5c);
    at = pieces.lastIndex;
  }
  return Uint8Array.from(bytes);
}
