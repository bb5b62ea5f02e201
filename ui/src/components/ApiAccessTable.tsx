import CheckIcon from '@zendeskgarden/svg-icons/src/16/check-lg-stroke.svg?icon';
import { getColor } from '@zendeskgarden/react-theming';
import styled from 'styled-components';
import { useT } from '../page';
import type { ApiAccess } from '../types';
import { Hidden, Small } from './styles';

const Table = styled.table`
  width: 100%;
  table-layout: fixed;
  th,
  td {
    padding: 6px 0 0;
    text-align: center;
    vertical-align: top;
  }
  th:first-child,
  td[colspan] {
    text-align: start;
  }
  td[colspan] {
    padding: 0 0 6px;
  }
  tbody th {
    font-weight: 400;
  }
  tbody {
    border-top: 1px solid ${(p) => getColor({ theme: p.theme, variable: 'border.subtle' })};
  }
  thead th {
    padding-bottom: 6px;
    font-size: 12px;
    line-height: 16px;
    font-weight: 400;
    color: ${(p) => getColor({ theme: p.theme, variable: 'foreground.subtle' })};
  }
  td svg {
    margin-top: 2px;
    color: ${(p) => getColor({ theme: p.theme, variable: 'foreground.success' })};
  }
`;

const NARROW_COLUMN = 52;

/** "API access": what the app may read, update and create in Zendesk, and why. */
export function ApiAccessTable({ rows, label }: { rows: ApiAccess[]; label: string }) {
  const t = useT();
  return (
    <Table aria-label={label}>
      <colgroup>
        <col />
        <col width={NARROW_COLUMN} />
        <col width={NARROW_COLUMN} />
        <col width={NARROW_COLUMN} />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">{t('access.resource')}</th>
          <th scope="col">{t('access.read')}</th>
          <th scope="col">{t('access.update')}</th>
          <th scope="col">{t('access.create')}</th>
        </tr>
      </thead>
      {rows.map((row) => (
        <tbody key={row.resource}>
          <tr>
            <th scope="rowgroup">{row.resource}</th>
            <Permission allowed={row.read} />
            <Permission allowed={row.update} />
            <Permission allowed={row.create} />
          </tr>
          <tr>
            <td colSpan={4}>
              <Small>{row.why}</Small>
            </td>
          </tr>
        </tbody>
      ))}
    </Table>
  );
}

function Permission({ allowed }: { allowed: boolean }) {
  const t = useT();
  return (
    <td>
      {allowed && <CheckIcon />}
      <Hidden>{t(allowed ? 'yes' : 'no')}</Hidden>
    </td>
  );
}
