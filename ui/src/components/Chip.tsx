import { focusStyles, getColor } from '@zendeskgarden/react-theming';
import styled from 'styled-components';

/** A filter that is on or off, `aria-pressed` telling which. */
export const Chip = styled.button.attrs({ type: 'button' })`
  display: inline-flex;
  align-items: center;
  gap: 6px;
  height: 32px;
  padding: 0 12px;
  border: 1px solid ${(p) => getColor({ theme: p.theme, variable: 'border.default' })};
  border-radius: 16px;
  background: transparent;
  color: ${(p) => getColor({ theme: p.theme, variable: 'foreground.default' })};
  cursor: pointer;
  white-space: nowrap;
  &:hover {
    border-color: ${(p) => getColor({ theme: p.theme, variable: 'border.primaryEmphasis' })};
  }
  &[aria-pressed='true'] {
    border-color: ${(p) => getColor({ theme: p.theme, variable: 'border.primaryEmphasis' })};
    color: ${(p) => getColor({ theme: p.theme, variable: 'foreground.primary' })};
    background: ${(p) => getColor({ theme: p.theme, variable: 'background.primaryEmphasis', transparency: 100 })};
  }
  ${(p) => focusStyles({ theme: p.theme })}
`;

/** Digits that keep their width while they change. */
export const Count = styled.span`
  min-width: 2ch;
  font-variant-numeric: tabular-nums;
  text-align: end;
`;
