import { Host } from '@aerie/ui';
import { showNotifications } from './notifications';

showNotifications(Host.connect(window));
