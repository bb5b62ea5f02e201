import { Button } from '@zendeskgarden/react-buttons';
import { usePage, useT } from '../page';
import { Note } from './Note';

/** "Failed" of a page or a part of it: what failed, why, and Retry. */
export function Failed({ what, error, onRetry }: { what: string; error: unknown; onRetry(): void }) {
  const { errorText } = usePage();
  const t = useT();
  return (
    <Note
      type="error"
      title={what}
      actions={
        <Button size="small" onClick={onRetry}>
          {t('retry')}
        </Button>
      }
    >
      {errorText(error)}
    </Note>
  );
}
