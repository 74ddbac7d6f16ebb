import classes from '~/ui/StateBadge.module.css';

export type Tone = 'ok' | 'warn' | 'bad' | 'quiet';

// A coloured dot with the word that it stands for: never the colour alone.
export function StateBadge({ tone, label }: { tone: Tone; label: string }) {
  return (
    <span className={classes.badge}>
      <span className={`${classes.dot} ${classes[tone]}`} aria-hidden />
      {label}
    </span>
  );
}
