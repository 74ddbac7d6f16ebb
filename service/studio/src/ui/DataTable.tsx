// A table of any number of rows, of which only those in sight are in the page. The columns that fit
// depend on the width of the table, not of the screen.
import { VisuallyHidden } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, useMemo, useRef } from 'react';

import classes from '~/ui/DataTable.module.css';

export interface Column<T> {
  key: string;
  header: string;
  width: string; // of a grid track: "120px", "minmax(0, 2fr)"
  render: (row: T) => ReactNode;
  sortable?: boolean;
  align?: 'end';
  hideHeader?: boolean; // it is there for screen readers only
  hideBelow?: number; // px of the table's width
}

export interface Sorting {
  key: string;
  descending: boolean;
}

interface DataTableProps<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  rowHeight?: number;
  sorting?: Sorting;
  onSort?: (sorting: Sorting) => void;
  empty?: ReactNode;
}

export function DataTable<T>(props: DataTableProps<T>) {
  const { label, columns, rows, rowKey, rowHeight = 48, sorting, onSort, empty } = props;
  const scroll = useRef<HTMLDivElement>(null);
  const { ref: sizeRef, width } = useElementSize();
  // The same array as long as the columns stay, for rows are drawn again when it is another.
  const shown = useMemo(
    () => columns.filter(({ hideBelow = 0 }) => width === 0 || width >= hideBelow),
    [columns, width],
  );
  const template = shown.map((one) => one.width).join(' ');
  // eslint-disable-next-line react-hooks/incompatible-library -- its functions are called here alone
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : rowKey(row);
    },
    overscan: 8,
  });

  const isEmpty = rows.length === 0 && empty !== undefined;
  return (
    <div ref={sizeRef} className={classes.frame}>
      {/* Focusable, so that it can be scrolled with the keyboard. */}
      <div
        ref={scroll}
        className={classes.table}
        role="table"
        tabIndex={0}
        aria-label={label}
        aria-rowcount={rows.length + 1}
      >
        <div role="rowgroup" className={classes.headGroup}>
          <div
            className={classes.head}
            role="row"
            aria-rowindex={1}
            style={{ gridTemplateColumns: template }}
          >
            {shown.map((column) => (
              <HeadCell key={column.key} column={column} sorting={sorting} onSort={onSort} />
            ))}
          </div>
        </div>
        {isEmpty ? (
          <div role="rowgroup">
            <div role="row">
              <div role="cell">{empty}</div>
            </div>
          </div>
        ) : (
          <div
            className={classes.canvas}
            role="rowgroup"
            style={{ height: virtual.getTotalSize() }}
          >
            {virtual.getVirtualItems().map((item) => {
              const row = rows[item.index];
              if (row === undefined) return null;
              return (
                <Row
                  key={item.key}
                  row={row}
                  columns={shown}
                  index={item.index}
                  top={item.start}
                  height={rowHeight}
                  template={template}
                />
              );
            })}
          </div>
        )}
      </div>
    </div>
  );
}

interface HeadCellProps<T> {
  column: Column<T>;
  sorting: Sorting | undefined;
  onSort: ((sorting: Sorting) => void) | undefined;
}

function HeadCell<T>({ column, sorting, onSort }: HeadCellProps<T>) {
  const name = column.align === 'end' ? `${classes.cell} ${classes.end}` : classes.cell;
  if (!column.sortable || !onSort) {
    return (
      <div role="columnheader" className={name}>
        {column.hideHeader ? <VisuallyHidden>{column.header}</VisuallyHidden> : column.header}
      </div>
    );
  }
  const active = sorting?.key === column.key;
  const descending = active && sorting.descending;
  const Icon = descending ? IconChevronDown : IconChevronUp;
  return (
    <div
      role="columnheader"
      className={name}
      aria-sort={active ? (descending ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        className={active ? `${classes.sort} ${classes.sorted}` : classes.sort}
        onClick={() => onSort({ key: column.key, descending: active && !descending })}
      >
        {column.header}
        {active && <Icon size={12} aria-hidden />}
      </button>
    </div>
  );
}

interface RowProps<T> {
  row: T;
  columns: readonly Column<T>[];
  index: number;
  top: number;
  height: number;
  template: string;
}

function PlainRow<T>({ row, columns, index, top, height, template }: RowProps<T>) {
  return (
    <div
      className={classes.row}
      role="row"
      aria-rowindex={index + 2}
      style={{ height, gridTemplateColumns: template, transform: `translateY(${top}px)` }}
    >
      {columns.map((column) => (
        <div
          key={column.key}
          role="cell"
          className={column.align === 'end' ? `${classes.cell} ${classes.end}` : classes.cell}
        >
          {column.render(row)}
        </div>
      ))}
    </div>
  );
}

const Row = memo(PlainRow) as typeof PlainRow;
