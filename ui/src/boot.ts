import type { Boot } from './types';

const NONCE_META = 'csp-nonce';

/** Reads what the server wrote into the page. Throws when the page was not made by the server. */
export function readBoot(doc: Document): Boot {
  const text = doc.getElementById('boot')?.textContent;
  if (!text) throw new Error('This page has no boot data.');
  return JSON.parse(text) as Boot;
}

/** The nonce that the page's content security policy allows styles by. */
export function readNonce(doc: Document): string | undefined {
  const meta = doc.querySelector<HTMLMetaElement>(`meta[name="${NONCE_META}"]`);
  // Browsers hide the attribute of a nonce from scripts and leave the property.
  return meta?.nonce || meta?.content || undefined;
}
