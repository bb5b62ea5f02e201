import { Anchor, Button } from '@zendeskgarden/react-buttons';
import { usePage, useT } from '../page';
import { ApiAccessTable } from './ApiAccessTable';
import { useAuthorize } from './authorize';
import { Failed } from './Failed';
import { SkeletonLines } from './SkeletonLines';
import { SectionTitle, Small, Stack } from './styles';

/** What one sees before an administrator has authorised the app. `about`: what the app does, in three lines. */
export function AuthorizePanel({ about }: { about: string[] }) {
  const { boot, role } = usePage();
  const t = useT();
  if (role === null) return <SkeletonLines count={4} />;
  if (role !== 'admin') {
    return (
      <Stack $gap={2}>
        <SectionTitle>{t('authorize.ask_title', { app: boot.app_name })}</SectionTitle>
        <p>{t('authorize.ask_text', { app: boot.app_name })}</p>
        <About lines={about} />
      </Stack>
    );
  }
  return (
    <Stack $gap={4}>
      <Stack $gap={1}>
        <SectionTitle>{t('authorize.title', { app: boot.app_name })}</SectionTitle>
        <About lines={about} />
      </Stack>
      <Stack $gap={2}>
        <SectionTitle as="h3">{t('access.title')}</SectionTitle>
        <ApiAccessTable rows={boot.api_access} label={t('access.title')} />
        <Small>{t('authorize.limits', { account: boot.account.subdomain })}</Small>
      </Stack>
      <AuthorizeButton />
    </Stack>
  );
}

function About({ lines }: { lines: string[] }) {
  return (
    <Stack as="ul" $gap={1}>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </Stack>
  );
}

/** The button, and what became of pressing it. */
export function AuthorizeButton({ again = false }: { again?: boolean }) {
  const { setAuthorization } = usePage();
  const t = useT();
  const { state, start } = useAuthorize();
  return (
    <Stack $gap={2}>
      <div>
        <Button
          isPrimary
          size={again ? 'small' : undefined}
          onClick={start}
          disabled={state.step === 'opening'}
        >
          {t(again ? 'authorize.again' : 'authorize.button')}
        </Button>
      </div>
      {state.step === 'waiting' && (
        <Small role="status">
          {t('authorize.waiting')}{' '}
          {/* Should the news of the grant have been lost, the page's own data tell whether it is there. */}
          <Button
            isLink
            size="small"
            onClick={() => setAuthorization({ state: 'healthy', granted_by: null })}
          >
            {t('authorize.check')}
          </Button>
        </Small>
      )}
      {state.step === 'blocked' && (
        <Small role="status">
          {t('authorize.blocked')}{' '}
          <Anchor href={state.url} target="_blank" rel="noopener noreferrer" isExternal>
            {t('authorize.open')}
          </Anchor>
        </Small>
      )}
      {state.step === 'failed' && <Failed what={t('authorize.failed')} error={state.error} onRetry={start} />}
    </Stack>
  );
}
