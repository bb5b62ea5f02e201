import { StrictMode, type ComponentType } from 'react';
import { createRoot } from 'react-dom/client';
import { StyleSheetManager } from 'styled-components';
import { readBoot, readNonce } from './boot';
import { pageArrivedAt, PageClock } from './clock';
import { ErrorBoundary } from './components/ErrorBoundary';
import { Toaster } from './components/Toaster';
import { Host } from './host';
import { loadLanguage, type Catalogue } from './i18n';
import { Connections, PageProvider } from './page';
import { HostTheme } from './theme';

/** Puts a page on the screen: `<div id="root">` and the boot data are the server's. */
export async function startPage(Page: ComponentType, catalogue: Catalogue): Promise<void> {
  const boot = readBoot(document);
  const root = document.getElementById('root');
  if (!root) throw new Error('The page has no root element.');
  const clock = new PageClock();
  clock.follow(boot.now, pageArrivedAt(performance));
  const host = Host.connect(window);
  const connections = new Connections(boot, host, clock, (...args) => window.fetch(...args));
  const language = await loadLanguage(boot.locale, catalogue);
  document.documentElement.lang = language.language;
  createRoot(root).render(
    <StrictMode>
      <StyleSheetManager nonce={readNonce(document)}>
        <HostTheme host={host}>
          <PageProvider connections={connections} language={language}>
            <ErrorBoundary>
              <Toaster>
                <Page />
              </Toaster>
            </ErrorBoundary>
          </PageProvider>
        </HostTheme>
      </StyleSheetManager>
    </StrictMode>,
  );
}
