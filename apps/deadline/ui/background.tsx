import { Host, loadLanguage, readBoot, translator } from '@aerie/ui';
import { showNotifications } from './notifications';

// This page comes with every page of Zendesk, so the words are fetched behind it. Not only when one is wanted: it stays
// open for days, and the server may have other files then.
const texts = import('./texts').then(({ catalogue }) => loadLanguage(readBoot(document).locale, catalogue));
showNotifications(Host.connect(window), texts.then(translator));
