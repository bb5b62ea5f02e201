import { Note } from '@aerie/ui';
import { Button } from '@zendeskgarden/react-buttons';
import { useT } from '../texts';

/** Another administrator saved first. */
export function SavedElsewhere({ onLoad, onOverwrite }: { onLoad(): void; onOverwrite(): void }) {
  const t = useT();
  return (
    <Note
      type="warning"
      title={t('elsewhere.title')}
      actions={
        <>
          <Button size="small" onClick={onLoad}>
            {t('elsewhere.load')}
          </Button>
          <Button size="small" onClick={onOverwrite}>
            {t('elsewhere.overwrite')}
          </Button>
        </>
      }
    >
      {t('elsewhere.text')}
    </Note>
  );
}
