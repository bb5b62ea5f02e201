import { DEFAULT_THEME, getColor, ThemeProvider } from '@zendeskgarden/react-theming';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { createGlobalStyle } from 'styled-components';
import type { ColorScheme, Host } from './host';

const Base = createGlobalStyle`
  *, *::before, *::after { box-sizing: border-box; }
  html { color-scheme: ${(p) => p.theme.colors.base}; }
  body {
    margin: 0;
    font: 14px/20px ${(p) => p.theme.fonts.system};
    color: ${(p) => getColor({ theme: p.theme, variable: 'foreground.default' })};
    background: ${(p) => getColor({ theme: p.theme, variable: 'background.default' })};
    -webkit-font-smoothing: antialiased;
  }
  h1, h2, h3, p, ul, ol, dl, dd, fieldset { margin: 0; padding: 0; border: 0; min-width: 0; }
  ul, ol { list-style: none; }
  table { border-collapse: collapse; border-spacing: 0; }
  button, input, select, textarea { font: inherit; }
  @media (prefers-reduced-motion: reduce) {
    *, *::before, *::after { animation: none !important; transition: none !important; }
  }
`;

/** The scheme the page was opened with; the host's answer and later changes follow. */
function schemeOfAddress(): ColorScheme {
  return new URLSearchParams(window.location.search).get('colorScheme') === 'dark' ? 'dark' : 'light';
}

function schemeOfEvent(data: unknown): ColorScheme {
  const value = typeof data === 'object' && data ? (data as { colorScheme?: unknown }).colorScheme : data;
  return value === 'dark' ? 'dark' : 'light';
}

/** Garden's theme, light or dark as Zendesk around the page is. */
export function HostTheme({ host, children }: { host: Host; children: ReactNode }) {
  const [scheme, setScheme] = useState<ColorScheme>(schemeOfAddress);
  useEffect(() => {
    let gone = false;
    // A host that does not know the question (older Zendesk) leaves what the address said.
    host.colorScheme().then(
      (value) => !gone && setScheme(value),
      () => undefined,
    );
    const off = host.on('colorScheme.changed', (data) => setScheme(schemeOfEvent(data)));
    return () => {
      gone = true;
      off();
    };
  }, [host]);
  const theme = useMemo(
    () => ({ ...DEFAULT_THEME, colors: { ...DEFAULT_THEME.colors, base: scheme } }),
    [scheme],
  );
  return (
    <ThemeProvider theme={theme}>
      <Base />
      {children}
    </ThemeProvider>
  );
}
