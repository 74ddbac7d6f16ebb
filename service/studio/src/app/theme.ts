import {
  createTheme,
  defaultVariantColorsResolver,
  localStorageColorSchemeManager,
  type MantineColorsTuple,
} from '@mantine/core';

import { strings } from '~/strings';

// Near-black on light, near-white on dark: the colour of what one is to press. Hues are left to states.
const ink: MantineColorsTuple = [
  '#fafafa',
  '#f0f0f1',
  '#e2e2e5',
  '#c9c9ce',
  '#a5a5ad',
  '#7c7c86',
  '#5b5b65',
  '#41414a',
  '#2a2a31',
  '#18181b',
];

const dark: MantineColorsTuple = [
  '#ececee',
  '#b4b4bb',
  '#97979f',
  '#6f6f78',
  '#3a3a41',
  '#2c2c32',
  '#202024',
  '#151517',
  '#101012',
  '#0b0b0c',
];

export const theme = createTheme({
  primaryColor: 'ink',
  primaryShade: { light: 9, dark: 0 },
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    const ofInk = input.color === undefined || input.color === 'ink';
    // Ink is dark on light and light on dark, so what stands on it is the page's colour.
    return input.variant === 'filled' && ofInk ? { ...colors, color: 'var(--page)' } : colors;
  },
  colors: { ink, dark },
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: '"JetBrains Mono Variable", ui-monospace, monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  lineHeights: { xs: '1.4', sm: '1.45', md: '1.5', lg: '1.5', xl: '1.4' },
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '20px' }, h2: { fontSize: '15px' }, h3: { fontSize: '13px' } },
  },
  defaultRadius: 'sm',
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '10px', xl: '14px' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'xs' } },
    TextInput: { defaultProps: { size: 'sm' } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 'md' } },
    SegmentedControl: {
      styles: { root: { background: 'var(--hover)', boxShadow: 'inset 0 0 0 1px var(--line)' } },
    },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: false, fz: 'xs' } },
    Modal: {
      styles: {
        title: { fontSize: 15, fontWeight: 600 },
        header: { background: 'var(--surface)' },
        content: { background: 'var(--surface)', border: '1px solid var(--line-strong)' },
      },
      defaultProps: {
        closeButtonProps: { 'aria-label': strings.common.close },
        centered: true,
        padding: 'lg',
        overlayProps: { backgroundOpacity: 0.4 },
      },
    },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': strings.common.close } } },
    Menu: { defaultProps: { shadow: 'md', position: 'bottom-end' } },
  },
});

// The key is known to theme.js, which runs before the first paint.
export const colorSchemeManager = localStorageColorSchemeManager({ key: 'miniredis-color-scheme' });
