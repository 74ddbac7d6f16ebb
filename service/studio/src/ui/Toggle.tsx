import { Switch, type SwitchProps } from '@mantine/core';

import classes from '~/ui/Toggle.module.css';

// A switch whose knob can be told from its track in both schemes.
export function Toggle(props: SwitchProps) {
  return <Switch size="xs" classNames={{ thumb: classes.thumb ?? '' }} {...props} />;
}
