import { Alert, Title } from '@zendeskgarden/react-notifications';
import type { ReactNode } from 'react';
import styled from 'styled-components';
import { Row } from './styles';

interface Props {
  type: 'error' | 'warning' | 'info' | 'success';
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}

const Actions = styled(Row)`
  margin-top: 8px;
`;

const Compact = styled(Alert)`
  &&& {
    padding-block: 8px;
    padding-inline-end: 12px;
  }
`;

/** Says what happened and what to do, beside the thing that it is about. */
export function Note({ type, title, children, actions }: Props) {
  return (
    <Compact type={type} role={type === 'error' ? 'alert' : 'status'}>
      <Title>{title}</Title>
      {children && <div>{children}</div>}
      {actions && <Actions $gap={2}>{actions}</Actions>}
    </Compact>
  );
}
