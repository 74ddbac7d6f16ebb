import type { ReactNode } from 'react';

import sections from '~/ui/sections.module.css';

// Around tables that may be wider than the screen. Focusable, so that they can be scrolled by keyboard.
export function ScrollX({ children }: { children: ReactNode }) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={sections.scroll} tabIndex={0}>
      {children}
    </div>
  );
}
