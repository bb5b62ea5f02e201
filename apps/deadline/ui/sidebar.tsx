import { startPage } from '@aerie/ui';
import { TicketSidebar } from './TicketSidebar';
import { catalogue } from './texts';

void startPage(TicketSidebar, catalogue);
