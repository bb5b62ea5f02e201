import { Button } from '@zendeskgarden/react-buttons';
import { getColor } from '@zendeskgarden/react-theming';
import styled from 'styled-components';
import { useT } from '../page';
import { Appear, Row, Small } from './styles';

const Bar = styled(Appear)`
  position: sticky;
  bottom: 0;
  z-index: 5;
  padding: 12px 0;
  border-top: 1px solid ${(p) => getColor({ theme: p.theme, variable: 'border.default' })};
  background: ${(p) => getColor({ theme: p.theme, variable: 'background.default' })};
`;

interface Props {
  saving: boolean;
  onSave(): void;
  onDiscard(): void;
}

/** There only while something has changed. */
export function SaveBar({ saving, onSave, onDiscard }: Props) {
  const t = useT();
  return (
    <Bar>
      <Row $gap={3}>
        <Button isPrimary onClick={onSave} disabled={saving}>
          {t(saving ? 'saving' : 'save')}
        </Button>
        <Button isBasic onClick={onDiscard} disabled={saving}>
          {t('discard')}
        </Button>
        <Small>{t('unsaved')}</Small>
      </Row>
    </Bar>
  );
}
