// uPlot for React: follows its container's width and the colour scheme. Import it lazily or from a
// lazy page, for uPlot is not part of the first load.
import 'uplot/dist/uPlot.min.css';

import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';

export interface ChartSeries {
  label: string;
  values: (number | null)[]; // null: a gap
  color?: string; // a custom property's name; else --chart-1 to --chart-4 in turn
  fill?: boolean;
}

interface ChartProps {
  label: string; // what screen readers say the picture is
  times: number[]; // Unix seconds, ascending
  series: ChartSeries[];
  height?: number;
  format?: (value: number) => string; // of the axis and the legend
  from?: number; // Unix seconds: the axis begins and ends there, data or none
  to?: number;
  onZoom?: (from: number, to: number) => void; // by dragging
  syncKey?: string; // charts of the same key share the cursor
}

function colorOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function optionsOf(props: ChartProps, width: number, height: number): uPlot.Options {
  const { series, format = String, onZoom, syncKey } = props;
  const axis: uPlot.Axis = {
    stroke: colorOf('--text-soft'),
    grid: { stroke: colorOf('--line'), width: 1 },
    ticks: { show: false },
    font: '11px "Inter Variable", sans-serif',
  };
  return {
    width,
    height,
    padding: [8, 8, 0, 0],
    cursor: {
      drag: { x: onZoom !== undefined, y: false, setScale: false },
      ...(syncKey !== undefined && { sync: { key: syncKey } }),
    },
    legend: { live: true },
    scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [axis, { ...axis, size: 60, values: (_, ticks) => ticks.map((tick) => format(tick)) }],
    series: [
      {},
      ...series.map((one, index): uPlot.Series => {
        const stroke = colorOf(one.color ?? `--chart-${(index % 4) + 1}`);
        return {
          label: one.label,
          stroke,
          width: 1.5,
          points: { show: false },
          ...(one.fill && { fill: `${stroke}1f` }),
          value: (_, value: number | null) => (value === null ? '–' : format(value)),
        };
      }),
    ],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width: selected } = plot.select;
          if (onZoom === undefined || selected < 4) return;
          onZoom(plot.posToVal(left, 'x'), plot.posToVal(left + selected, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

export function Chart(props: ChartProps) {
  const { label, times, series, height = 220, from, to } = props;
  const scheme = useComputedColorScheme('light');
  const { ref: sizeRef, width } = useElementSize();
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  // uPlot takes its series and colours when it is made, but data at any time.
  const kind = JSON.stringify(series.map((one) => [one.label, one.color, one.fill]));

  useEffect(() => {
    if (holder.current === null || width === 0) return undefined;
    const made = new uPlot(optionsOf(latest.current, width, height), [[]], holder.current);
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [width, height, scheme, kind]);

  useEffect(() => {
    const drawn = plot.current;
    if (drawn === null) return;
    drawn.setData([times, ...series.map((one) => one.values)]);
    if (from !== undefined && to !== undefined) drawn.setScale('x', { min: from, max: to });
  }, [times, series, from, to, width, height, scheme, kind]);

  return (
    <div ref={sizeRef}>
      <div ref={holder} role="img" aria-label={label} />
    </div>
  );
}
