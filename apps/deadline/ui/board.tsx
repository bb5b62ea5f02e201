import { startPage } from '@aerie/ui';
import { Board } from './DeadlineBoard';
import { catalogue } from './texts';

void startPage(Board, catalogue);
