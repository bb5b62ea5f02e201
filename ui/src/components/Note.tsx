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
      {actions && <Row $gap={2}>{actions}</Row>}
    </Compact>
  );
}
