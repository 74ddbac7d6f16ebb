// The lines that were sent, of all shells of this tab. Kept while the tab lives, for a person comes
// back to a page; never longer, for lines hold data.
import { isSecret } from '~/shell/danger';
import { parseLine } from '~/shell/line';

const key = 'studio.shell.history';
const most = 200;

function read(): string[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? '[]');
    return Array.isArray(kept) ? kept.filter((line) => typeof line === 'string') : [];
  } catch {
    return [];
  }
}

export class History {
  private lines = read();
  private at = this.lines.length;
  private draft = '';

  add(line: string): void {
    this.at = this.lines.length;
    this.draft = '';
    const words = parseLine(line).words.map((word) => word.text);
    if (words.length === 0 || isSecret(words) || this.lines.at(-1) === line) return;
    this.lines = [...this.lines, line].slice(-most);
    this.at = this.lines.length;
    try {
      sessionStorage.setItem(key, JSON.stringify(this.lines));
    } catch {
      // Storage that is full or forbidden keeps nothing beyond this page.
    }
  }

  // The line before or behind the one shown; `current` is what stands there now.
  move(step: -1 | 1, current: string): string {
    if (this.at === this.lines.length) this.draft = current;
    this.at = Math.min(this.lines.length, Math.max(0, this.at + step));
    return this.lines[this.at] ?? this.draft;
  }

  // The last line that has `text` in it, for Ctrl-R.
  find(text: string): string | undefined {
    return this.lines.findLast((line) => line.includes(text));
  }
}
