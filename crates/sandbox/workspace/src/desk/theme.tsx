import { DEFAULT_THEME, getColor, ThemeProvider } from '@zendeskgarden/react-theming';
import type { IGardenTheme } from '@zendeskgarden/react-theming';
import type { ReactNode } from 'react';
import { createGlobalStyle } from 'styled-components';
import type { ColorScheme } from '../api/types';

/** A colour of the Garden theme by its variable, for styled components. */
export const color =
  (variable: string) =>
  ({ theme }: { theme: object }): string =>
    getColor({ theme: theme as IGardenTheme, variable });

/** A light wash of the primary hue: what is chosen. */
export const chosen = ({ theme }: { theme: object }): string =>
  getColor({
    theme: theme as IGardenTheme,
    light: { hue: 'primaryHue', shade: 200 },
    dark: { hue: 'primaryHue', shade: 1000 },
  });

const themeOf = (base: ColorScheme): IGardenTheme => ({
  ...DEFAULT_THEME,
  colors: { ...DEFAULT_THEME.colors, base },
});
const THEMES = { light: themeOf('light'), dark: themeOf('dark') };

const Page = createGlobalStyle<{ $scheme: ColorScheme }>`
  *, *::before, *::after { box-sizing: border-box; }
  html { color-scheme: ${p => p.$scheme}; height: 100%; }
  body {
    height: 100%;
    margin: 0;
    overflow: hidden;
    background: ${color('background.default')};
    color: ${color('foreground.default')};
    font: 14px/20px ${DEFAULT_THEME.fonts.system};
    -webkit-font-smoothing: antialiased;
  }
  #root { height: 100%; }
  p { margin: 0; }
  ul, ol { margin: 0; }
  a { color: ${color('foreground.primary')}; }
  @media (prefers-reduced-motion: reduce) {
    *, *::before, *::after { transition: none !important; animation: none !important; }
  }
`;

export function Theme({ scheme, children }: { scheme: ColorScheme; children: ReactNode }) {
  return (
    <ThemeProvider theme={THEMES[scheme]}>
      <Page $scheme={scheme} />
      {children}
    </ThemeProvider>
  );
}
