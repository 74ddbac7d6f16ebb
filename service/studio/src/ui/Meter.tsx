import { absent, formatBytes, formatPercent } from '~/format';
import classes from '~/ui/Meter.module.css';

interface MeterProps {
  label: string;
  used: number | undefined;
  limit: number; // 0: none
}

// An amount of memory against its limit.
export function MemoryMeter({ label, used, limit }: MeterProps) {
  const share = used === undefined || limit === 0 ? 0 : Math.min(1, used / limit);
  const tone = share >= 0.95 ? classes.bad : share >= 0.8 ? classes.warn : undefined;
  const text = `${formatBytes(used)} / ${limit === 0 ? '∞' : formatBytes(limit)}`;
  return (
    <div className={classes.meter}>
      <div className={`${classes.text} number`}>
        <span>
          {formatBytes(used)}{' '}
          <span className={classes.soft}>/ {limit === 0 ? '∞' : formatBytes(limit)}</span>
        </span>
        <span className={classes.soft}>
          {used === undefined ? absent : limit === 0 ? '' : formatPercent(used, limit)}
        </span>
      </div>
      <div
        className={classes.track}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={text}
      >
        <div
          className={`${classes.fill} ${tone ?? ''}`}
          style={{ transform: `scaleX(${share})` }}
        />
      </div>
    </div>
  );
}
