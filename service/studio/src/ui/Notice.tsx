import { IconAlertTriangle } from '@tabler/icons-react';

import classes from '~/ui/Notice.module.css';

interface NoticeProps {
  title: string;
  lines: readonly string[];
}

// Something is not as it should be, and what helps. The page beside it goes on.
export function Notice({ title, lines }: NoticeProps) {
  return (
    <div className={classes.notice} role="alert">
      <IconAlertTriangle size={16} className={classes.icon} aria-hidden />
      <div>
        <p className={classes.title}>{title}</p>
        {lines.map((line) => (
          <p key={line} className={classes.line}>
            {line}
          </p>
        ))}
      </div>
    </div>
  );
}
