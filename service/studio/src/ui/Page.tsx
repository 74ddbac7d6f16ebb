import type { ReactNode } from 'react';
import { useEffect } from 'react';

import { strings } from '~/strings';
import { Boundary } from '~/ui/Boundary';
import classes from '~/ui/Page.module.css';

interface PageProps {
  title: string;
  subtitle?: ReactNode;
  actions?: ReactNode;
  // fill: the page's content scrolls itself (tables); padded: the page scrolls; narrow: forms.
  layout?: 'fill' | 'padded' | 'narrow';
  children: ReactNode;
}

export function Page({ title, subtitle, actions, layout = 'padded', children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · ${strings.common.product}`;
  }, [title]);
  const inner =
    layout === 'narrow'
      ? `${classes.padded} ${classes.narrow}`
      : layout === 'padded'
        ? classes.padded
        : undefined;
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <div className={classes.titles}>
          <h1 className={classes.title}>{title}</h1>
          {subtitle !== undefined && <div className={classes.subtitle}>{subtitle}</div>}
        </div>
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </header>
      {layout === 'fill' ? (
        children
      ) : (
        <div className={classes.body}>
          <div className={inner}>{children}</div>
        </div>
      )}
    </div>
  );
}

interface PanelProps {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
  flush?: boolean; // without padding: tables, lists
}

export function Panel({ title, actions, children, flush }: PanelProps) {
  return (
    <section className={classes.panel} aria-label={title}>
      <div className={classes.panelHeader}>
        <h2 className={classes.panelTitle}>{title}</h2>
        {actions}
      </div>
      <div className={flush ? undefined : classes.panelBody}>
        <Boundary>{children}</Boundary>
      </div>
    </section>
  );
}
