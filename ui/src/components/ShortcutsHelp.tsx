import { Body, Close, Header, Modal } from '@zendeskgarden/react-modals';
import { getColor } from '@zendeskgarden/react-theming';
import styled from 'styled-components';
import { useT } from '../page';
import type { Shortcut } from './Shortcuts';

const List = styled.dl`
  display: grid;
  grid-template-columns: max-content 1fr;
  gap: 12px 16px;
`;

const Kbd = styled.kbd`
  padding: 2px 6px;
  border: 1px solid ${(p) => getColor({ theme: p.theme, variable: 'border.default' })};
  border-radius: 4px;
  font: 12px/16px ${(p) => p.theme.fonts.mono};
`;

const KEY_NAMES: Record<string, string> = { Escape: 'Esc' };

export default function ShortcutsHelp({ shortcuts, onClose }: { shortcuts: Shortcut[]; onClose(): void }) {
  const t = useT();
  const lines = [...shortcuts, { key: '?', text: t('shortcuts.help') }];
  return (
    <Modal onClose={onClose} isAnimated={false}>
      <Header tag="h2">{t('shortcuts.title')}</Header>
      <Body>
        <List>
          {lines.map(({ key, text }) => (
            <div key={key} style={{ display: 'contents' }}>
              <dt>
                <Kbd>{KEY_NAMES[key] ?? key}</Kbd>
              </dt>
              <dd>{text}</dd>
            </div>
          ))}
        </List>
      </Body>
      <Close aria-label={t('close')} />
    </Modal>
  );
}
