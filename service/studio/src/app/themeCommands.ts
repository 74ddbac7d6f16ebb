import { useMantineColorScheme } from '@mantine/core';

import { useCommands } from '~/app/commands';
import { strings } from '~/strings';

export const schemes = ['light', 'dark', 'auto'] as const;

export function useThemeCommands(): void {
  const { setColorScheme } = useMantineColorScheme();
  useCommands(
    schemes.map((scheme) => ({
      id: `theme-${scheme}`,
      label: strings.shell.useTheme(strings.shell.themeNames[scheme]),
      run: () => setColorScheme(scheme),
    })),
    [setColorScheme],
  );
}
