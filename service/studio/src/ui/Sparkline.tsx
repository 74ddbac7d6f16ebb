import { memo } from 'react';

interface SparklineProps {
  values: readonly number[];
  slots: number; // as many as there will be, so that a short history starts at the right
  width?: number;
  height?: number;
}

// Light enough for thousands of rows; charts with axes are in Chart.
export const Sparkline = memo(function Sparkline({
  values,
  slots,
  width = 72,
  height = 20,
}: SparklineProps) {
  const most = Math.max(1, ...values);
  const step = width / (slots - 1);
  const first = slots - values.length;
  const points = values
    .map((value, index) => {
      const x = (first + index) * step;
      const y = height - 1.5 - (value / most) * (height - 3);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden
      focusable="false"
    >
      <line x1="0" x2={width} y1={height - 1.5} y2={height - 1.5} stroke="var(--line)" />
      {values.length > 1 && (
        <polyline
          points={points}
          fill="none"
          stroke="var(--chart-1)"
          strokeWidth="1.3"
          strokeLinejoin="round"
        />
      )}
    </svg>
  );
});
