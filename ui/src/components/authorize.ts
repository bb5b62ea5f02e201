import { useState } from 'react';
import { usePage } from '../page';

export type Authorizing =
  | { step: 'idle' }
  | { step: 'opening' }
  | { step: 'waiting' }
  /** The browser refused to open a window: a link does it. */
  | { step: 'blocked'; url: string }
  | { step: 'failed'; error: unknown };

/**
 * Asks Zendesk for the authorization, in a window of its own. When it is granted the server tells every page, this one
 * included, so nothing here waits for the window.
 */
export function useAuthorize(): { state: Authorizing; start(): void } {
  const { api } = usePage();
  const [state, setState] = useState<Authorizing>({ step: 'idle' });
  const start = async () => {
    // Opened now, while the browser still sees the click; Zendesk's page follows when its address is known.
    const popup = window.open('about:blank', '_blank', 'popup,width=760,height=720');
    setState({ step: 'opening' });
    try {
      const { url } = await api.post<{ url: string }>('/api/authorization');
      if (!popup) return setState({ step: 'blocked', url });
      popup.opener = null;
      popup.location.href = url;
      setState({ step: 'waiting' });
    } catch (error) {
      popup?.close();
      setState({ step: 'failed', error });
    }
  };
  return { state, start: () => void start() };
}
