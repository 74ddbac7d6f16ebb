import type { ReactNode } from 'react';
import { useEffect } from 'react';

import classes from '~/pages/login/Card.module.css';
import { strings } from '~/strings';

interface CardProps {
  title: string;
  detail?: string;
  notice?: string | undefined;
  foot?: ReactNode;
  children: ReactNode;
}

// The frame of all pages that one sees without a session.
export function Card({ title, detail, notice, foot, children }: CardProps) {
  useEffect(() => {
    document.title = `${title} · ${strings.common.product}`;
  }, [title]);
  return (
    <main className={classes.screen}>
      <div className={classes.card}>
        <div className={classes.brand}>
          <img src="/icon.svg" alt="" />
          <div>
            <h1 className={classes.title}>{title}</h1>
            {detail !== undefined && <p className={classes.detail}>{detail}</p>}
          </div>
        </div>
        {notice !== undefined && (
          <p className={classes.notice} role="status">
            {notice}
          </p>
        )}
        <div className={classes.body}>{children}</div>
        {foot !== undefined && <div className={classes.foot}>{foot}</div>}
      </div>
    </main>
  );
}

export function Failure({ text }: { text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <p className={classes.failure} role="alert">
      {text}
    </p>
  );
}
