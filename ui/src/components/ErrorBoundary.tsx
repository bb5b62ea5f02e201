import { Button } from '@zendeskgarden/react-buttons';
import { Component, type ReactNode } from 'react';
import { usePage, useT } from '../page';
import { Note } from './Note';
import { Hidden } from './styles';

/** Catches what a component throws while it draws: the rest of the page stays. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    if (!this.state.error) return this.props.children;
    return <Broken error={this.state.error} onRetry={() => this.setState({ error: null })} />;
  }
}

function Broken({ error, onRetry }: { error: Error; onRetry(): void }) {
  const { boot } = usePage();
  const t = useT();
  return (
    <main>
      <Hidden as="h1">{boot.app_name}</Hidden>
      <Note
        type="error"
        title={t('broken.title')}
        actions={
          <Button size="small" onClick={onRetry}>
            {t('broken.retry')}
          </Button>
        }
      >
        {t('broken.text', { message: error.message })}
      </Note>
    </main>
  );
}
