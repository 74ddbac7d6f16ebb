// A page of sections with tabs: the row of tabs, which scrolls where it does not fit, and the content.
import { Tabs } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';

import sections from '~/ui/sections.module.css';

interface SectionTabsProps {
  label: string;
  tabs: readonly { key: string; label: string }[];
  value: string;
  onChange: (key: string) => void;
  children: ReactNode;
}

export function SectionTabs({ label, tabs, value, onChange, children }: SectionTabsProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const chosen = list.current?.querySelector('[aria-selected="true"]');
    chosen?.scrollIntoView({ inline: 'center', block: 'nearest' });
  }, [value]);
  const id = `content-of-${label.toLowerCase()}`;
  return (
    <>
      <Tabs
        className={sections.tabs ?? ''}
        value={value}
        onChange={(key) => key !== null && onChange(key)}
      >
        <Tabs.List ref={list} aria-label={label} className={sections.tabList ?? ''}>
          {tabs.map((tab) => (
            <Tabs.Tab key={tab.key} value={tab.key} aria-controls={id}>
              {tab.label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      <div
        id={id}
        role="tabpanel"
        aria-label={tabs.find((tab) => tab.key === value)?.label}
        className={sections.content}

        tabIndex={0}
      >
        <div className={sections.stack}>{children}</div>
      </div>
    </>
  );
}
