import { Checkbox, Field, Label } from '@zendeskgarden/react-forms';
import {
  Body,
  Cell,
  Head,
  HeaderCell,
  HeaderRow,
  Row as TableRow,
  SortableCell,
  Table,
} from '@zendeskgarden/react-tables';
import { getColor } from '@zendeskgarden/react-theming';
import type { ReactNode } from 'react';
import styled, { css } from 'styled-components';
import { useT } from '../page';

export interface Column<T> {
  key: string;
  header: string;
  width?: string;
  /** Not shown where the page is narrow. */
  extra?: boolean;
  /** The server's name for sorting by it; without one the column cannot be sorted by. */
  sort?: string;
  cell(row: T): ReactNode;
}

export interface Sort {
  by: string;
  order: 'asc' | 'desc';
}

interface Props<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowId(row: T): string;
  /** Names a row for the ear ("Ticket 123"). */
  rowLabel(row: T): string;
  sort: Sort;
  onSort(sort: Sort): void;
  selected: ReadonlySet<string>;
  onSelect(selected: ReadonlySet<string>): void;
}

const Wide = styled(Table)`
  min-width: 680px;
  table-layout: fixed;
  @media (max-width: 1060px) {
    [data-extra] {
      display: none;
    }
  }
`;

/** The page itself scrolls down, so that the header can stick; sideways only what does not fit. */
const Scroll = styled.div`
  overflow-x: clip;
  @media (max-width: 720px) {
    overflow-x: auto;
  }
`;

const StickyHead = styled(Head)`
  &&& {
    background: ${(p) => getColor({ theme: p.theme, variable: 'background.default' })};
  }
`;

/** Garden's own tint for selected rows takes the contrast from coloured words. */
const SelectableRow = styled(TableRow)<{ $selected: boolean }>`
  ${(p) =>
    p.$selected &&
    css`
      &&& {
        background-color: ${getColor({ theme: p.theme, variable: 'background.recessed' })};
        box-shadow: inset 3px 0 ${getColor({ theme: p.theme, variable: 'border.primaryEmphasis' })};
      }
    `}
`;

const OneLine = styled(Cell)`
  &&& {
    height: 40px;
    padding-block: 0;
    vertical-align: middle;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
`;

/** 40 px rows, a header that stays, sorting by the server, rows that can be picked. */
export function DataTable<T>(props: Props<T>) {
  const { columns, rows, rowId, selected, onSelect, sort, onSort } = props;
  const t = useT();
  const all = rows.length > 0 && rows.every((row) => selected.has(rowId(row)));
  const some = rows.some((row) => selected.has(rowId(row)));
  const toggle = (id: string, on: boolean) => {
    const next = new Set(selected);
    if (on) next.add(id);
    else next.delete(id);
    onSelect(next);
  };
  return (
    <Scroll>
      <Wide aria-label={props.label}>
        <StickyHead isSticky>
          <HeaderRow>
            <HeaderCell width="40px">
              <Field>
                <Checkbox
                  checked={all}
                  indeterminate={some && !all}
                  onChange={(event) => onSelect(event.target.checked ? new Set(rows.map(rowId)) : new Set())}
                >
                  <Label hidden>{t('table.select_all')}</Label>
                </Checkbox>
              </Field>
            </HeaderCell>
            {columns.map((column) =>
              column.sort ? (
                <SortableCell
                  key={column.key}
                  width={column.width}
                  cellProps={column.extra ? { 'data-extra': true } : undefined}
                  sort={sort.by === column.sort ? sort.order : undefined}
                  onClick={() =>
                    onSort({
                      by: column.sort ?? column.key,
                      order: sort.by === column.sort && sort.order === 'asc' ? 'desc' : 'asc',
                    })
                  }
                >
                  {column.header}
                </SortableCell>
              ) : (
                <HeaderCell key={column.key} width={column.width} data-extra={column.extra || undefined}>
                  {column.header}
                </HeaderCell>
              ),
            )}
          </HeaderRow>
        </StickyHead>
        <Body>
          {rows.map((row) => {
            const id = rowId(row);
            return (
              <SelectableRow key={id} $selected={selected.has(id)}>
                <OneLine width="40px">
                  <Field>
                    <Checkbox
                      checked={selected.has(id)}
                      onChange={(event) => toggle(id, event.target.checked)}
                    >
                      <Label hidden>{t('table.select_row', { row: props.rowLabel(row) })}</Label>
                    </Checkbox>
                  </Field>
                </OneLine>
                {columns.map((column) => (
                  <OneLine key={column.key} width={column.width} data-extra={column.extra || undefined}>
                    {column.cell(row)}
                  </OneLine>
                ))}
              </SelectableRow>
            );
          })}
        </Body>
      </Wide>
    </Scroll>
  );
}
