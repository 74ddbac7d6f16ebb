// A reply as a person reads it. Long lists are shown in pieces.
import { useState } from 'react';

import type { Reply } from '~/api/commands';
import { jsonOf, layoutOf } from '~/shell/layout';
import classes from '~/shell/ReplyView.module.css';
import { cli as cliWords } from '~/strings/cli';

const words = cliWords;
const atOnce = 200;

const classOf = {
  text: classes.text,
  number: classes.number,
  status: classes.status,
  error: classes.error,
  nil: classes.nil,
} as const;

interface ReplyViewProps {
  reply: Reply;
  asJson?: boolean;
}

export function ReplyView({ reply, asJson }: ReplyViewProps) {
  if (asJson) return <pre className={classes.json}>{jsonOf(reply)}</pre>;
  return <Laid reply={reply} />;
}

function Laid({ reply }: { reply: Reply }) {
  const layout = layoutOf(reply);
  switch (layout.kind) {
    case 'value':
      return <span className={classOf[layout.tone]}>{layout.text}</span>;
    case 'empty':
      return <span className={classes.nil}>{words.nothing}</span>;
    case 'list':
      return <List items={layout.items} />;
    case 'pairs':
      return <Pairs pairs={layout.pairs} />;
  }
}

function useShown(count: number): { shown: number; more: () => void } {
  const [shown, setShown] = useState(atOnce);
  return { shown: Math.min(shown, count), more: () => setShown((before) => before + 10 * atOnce) };
}

function More({ left, onMore }: { left: number; onMore: () => void }) {
  if (left <= 0) return null;
  return (
    <button type="button" className={classes.more} onClick={onMore}>
      {words.more(left)}
    </button>
  );
}

function List({ items }: { items: readonly Reply[] }) {
  const { shown, more } = useShown(items.length);
  return (
    <>
      <ol className={classes.list}>
        {items.slice(0, shown).map((item, index) => (
          <li key={index} className={classes.item}>
            <span className={classes.index}>{index + 1})</span>
            <span>
              <Laid reply={item} />
            </span>
          </li>
        ))}
      </ol>
      <More left={items.length - shown} onMore={more} />
    </>
  );
}

function Pairs({ pairs }: { pairs: readonly (readonly [Reply, Reply])[] }) {
  const { shown, more } = useShown(pairs.length);
  return (
    <>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{words.field}</th>
            <th scope="col">{words.value}</th>
          </tr>
        </thead>
        <tbody>
          {pairs.slice(0, shown).map(([name, value], index) => (
            <tr key={index}>
              <td>
                <Laid reply={name} />
              </td>
              <td>
                <Laid reply={value} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <More left={pairs.length - shown} onMore={more} />
    </>
  );
}
