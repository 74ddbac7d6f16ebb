// A line of a shell, taken apart as redis-cli does: words at spaces, quotes with escapes.
import type { Word } from '~/api/commands';
import { utf8Of } from '~/keys/bytes';

export interface LineWord {
  text: string;
  word: Word; // as it is sent: \xff in quotes is a byte, not the character of that number
  start: number; // in the line
  end: number;
}

export interface ParsedLine {
  words: LineWord[];
  open: boolean; // a quote is not closed
}

const escapes: Partial<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  a: '\x07',
};

// Bytes, one a character.
function bytesOfChar(char: string): string {
  return String.fromCharCode(...new TextEncoder().encode(char));
}

function wordOf(binary: string): { text: string; word: Word } {
  const text = utf8Of(
    Uint8Array.from(binary, (byte) => byte.charCodeAt(0)),
    true,
  );
  return text === undefined
    ? { text: binary, word: { base64: btoa(binary) } }
    : { text, word: text };
}

interface Piece {
  text: string; // bytes, one a character
  next: number;
  closed: boolean;
}

function quoted(line: string, from: number, quote: string): Piece {
  let text = '';
  let at = from;
  while (at < line.length) {
    const char = line.charAt(at);
    const hex = /^\\x([0-9a-f]{2})/i.exec(line.slice(at, at + 4));
    if (char === quote) return { text, next: at + 1, closed: true };
    if (quote === '"' && hex?.[1] !== undefined) {
      text += String.fromCharCode(parseInt(hex[1], 16));
      at += 4;
    } else if (char === '\\' && at + 1 < line.length && (quote === '"' || line[at + 1] === "'")) {
      const escaped = line.charAt(at + 1);
      text += quote === '"' ? (escapes[escaped] ?? bytesOfChar(escaped)) : escaped;
      at += 2;
    } else {
      const whole = String.fromCodePoint(line.codePointAt(at) ?? 0);
      text += bytesOfChar(whole);
      at += whole.length;
    }
  }
  return { text, next: at, closed: false };
}

export function parseLine(line: string): ParsedLine {
  const words: LineWord[] = [];
  let at = 0;
  let open = false;
  while (at < line.length) {
    if (/\s/.test(line.charAt(at))) {
      at += 1;
      continue;
    }
    const start = at;
    let text = '';
    while (at < line.length && !/\s/.test(line.charAt(at))) {
      const char = line.charAt(at);
      if (char === '"' || char === "'") {
        const piece = quoted(line, at + 1, char);
        text += piece.text;
        at = piece.next;
        open = !piece.closed;
      } else {
        const whole = String.fromCodePoint(line.codePointAt(at) ?? 0);
        text += bytesOfChar(whole);
        at += whole.length;
      }
    }
    words.push({ ...wordOf(text), start, end: at });
  }
  return { words, open };
}
