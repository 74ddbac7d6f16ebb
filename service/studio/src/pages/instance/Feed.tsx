// Lines that come by themselves; the newest is in sight unless the reader has scrolled away.
import { type ReactNode, useEffect, useRef } from 'react';

import classes from '~/pages/instance/Feed.module.css';

export interface FeedLine {
  id: number;
  mark: string;
  text: string;
}

interface FeedProps {
  label: string;
  lines: readonly FeedLine[];
  empty: ReactNode;
  bounded?: boolean;
}

const nearPx = 40;

export function Feed({ label, lines, empty, bounded }: FeedProps) {
  const scroll = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    const shown = scroll.current;
    if (shown !== null && follows.current) shown.scrollTop = shown.scrollHeight;
  }, [lines]);
  return (
    <div
      ref={scroll}
      className={`${classes.feed} ${bounded ? classes.bounded : ''} mono`}
      role="log"
      aria-label={label}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls is reachable by keyboard
      tabIndex={0}
      onScroll={({ currentTarget: shown }) => {
        follows.current = shown.scrollHeight - shown.scrollTop - shown.clientHeight < nearPx;
      }}
    >
      {lines.length === 0
        ? empty
        : lines.map((line) => (
            <p key={line.id} className={classes.line}>
              <span className={classes.mark}>{line.mark}</span> {line.text}
            </p>
          ))}
    </div>
  );
}
