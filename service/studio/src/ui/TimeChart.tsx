// A chart that is fed while it is looked at: its past moves to the left as figures arrive. What the pointer
// is on, else the last of each line, stands above it. Import it from lazy pages, for uPlot is large.
import 'uplot/dist/uPlot.min.css';

import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { memo, useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';

import classes from '~/ui/TimeChart.module.css';
import { byteSteps, moment, timeLabels } from '~/ui/timeAxis';

export interface Line {
  label: string;
  values: readonly (number | null)[]; // null: a gap
}

interface TimeChartProps {
  label: string; // what screen readers say the picture is
  times: readonly number[]; // Unix seconds, ascending
  lines: readonly Line[];
  from: number;
  to: number;
  format: (value: number) => string;
  unit?: 'bytes';
  fill?: boolean;
  height?: number;
  syncKey?: string;
}

const colors = ['--chart-1', '--chart-2', '--chart-3', '--chart-4'];

function colorOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

type Fixed = Pick<TimeChartProps, 'format' | 'unit' | 'fill' | 'syncKey'> & {
  labels: readonly string[];
};

function optionsOf(
  fixed: Fixed,
  width: number,
  height: number,
  onHover: (at: number | null) => void,
): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: colorOf('--text-soft'),
    grid: { stroke: colorOf('--line'), width: 1 },
    ticks: { show: false },
    font: '11px "Inter Variable", sans-serif',
  };
  return {
    width,
    height,
    padding: [6, 10, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: false, y: false },
      points: { size: 5 },
      ...(fixed.syncKey !== undefined && { sync: { key: fixed.syncKey } }),
    },
    scales: {
      x: { time: true, range: (_, min, max) => [min, max] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 64,
        values: (_, splits, __, ___, step) => timeLabels(splits, step),
      },
      {
        ...axis,
        size: 62,
        space: 34,
        ...(fixed.unit === 'bytes' && { incrs: byteSteps }),
        values: (_, ticks) => ticks.map((tick) => fixed.format(tick)),
      },
    ],
    series: [
      {},
      ...fixed.labels.map((label, index): uPlot.Series => {
        const stroke = colorOf(colors[index % colors.length] ?? '--chart-1');
        return {
          label,
          stroke,
          width: 1.5,
          points: { show: false },
          ...(fixed.fill && { fill: `${stroke}1f` }),
        };
      }),
    ],
    hooks: { setCursor: [(plot) => onHover(plot.cursor.idx ?? null)] },
  };
}

function last(values: readonly (number | null)[]): number | null {
  return values.findLast((one) => one !== null) ?? null;
}

export const TimeChart = memo(function TimeChart(props: TimeChartProps) {
  const { label, times, lines, from, to, format, unit, fill, height = 150, syncKey } = props;
  const scheme = useComputedColorScheme('light');
  const { ref: sizeRef, width } = useElementSize();
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  const [hovered, hover] = useState<number | null>(null);
  useEffect(() => {
    latest.current = props;
  });
  const labels = lines.map((one) => one.label).join('\n');

  // Its lines and colours are fixed when it is made; data is not.
  useEffect(() => {
    if (holder.current === null || width === 0) return undefined;
    const fixed = {
      format: latest.current.format,
      labels: labels.split('\n'),
      ...(unit && { unit }),
      ...(fill && { fill }),
      ...(syncKey !== undefined && { syncKey }),
    };
    const made = new uPlot(optionsOf(fixed, width, height, hover), [[]], holder.current);
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [width, height, scheme, labels, unit, fill, syncKey]);

  useEffect(() => {
    const drawn = plot.current;
    if (drawn === null) return;
    drawn.batch(() => {
      drawn.setData(
        [times as number[], ...lines.map((one) => one.values as (number | null)[])],
        false,
      );
      drawn.setScale('x', { min: from, max: to });
    });
  }, [times, lines, from, to, width, height, scheme, labels]);

  const at = hovered === null ? undefined : times[hovered];
  return (
    <div ref={sizeRef}>
      <div className={`${classes.legend} number`} aria-hidden>
        {at !== undefined && <span className={classes.time}>{moment(at)}</span>}
        {lines.map((line, index) => {
          const value =
            hovered === null || at === undefined
              ? last(line.values)
              : (line.values[hovered] ?? null);
          return (
            <span key={line.label}>
              <i
                className={classes.swatch}
                style={{ background: `var(${colors[index % colors.length] ?? ''})` }}
              />
              {line.label} <b>{value === null ? '–' : format(value)}</b>
            </span>
          );
        })}
      </div>
      <div ref={holder} role="img" aria-label={label} style={{ height }} />
    </div>
  );
});
