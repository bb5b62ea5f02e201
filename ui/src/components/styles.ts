import { Hint } from '@zendeskgarden/react-forms';
import { getColor } from '@zendeskgarden/react-theming';
import styled, { css, keyframes } from 'styled-components';

/** Meaning by colour; an icon or a word always stands beside it. */
export type Tone = 'neutral' | 'settled' | 'soon' | 'late' | 'done';

const TONES: Record<Tone, string> = {
  neutral: 'foreground.default',
  settled: 'foreground.subtle',
  soon: 'foreground.warning',
  late: 'foreground.danger',
  done: 'foreground.success',
};

export const tone = css<{ $tone?: Tone }>`
  color: ${(p) => getColor({ theme: p.theme, variable: TONES[p.$tone ?? 'neutral'] })};
`;

/** Things below each other, with `$gap` × 4 px between them. */
export const Stack = styled.div<{ $gap?: number }>`
  display: flex;
  flex-direction: column;
  gap: ${(p) => (p.$gap ?? 2) * 4}px;
  min-width: 0;
`;

/** Things beside each other, which wrap when there is no room. */
export const Row = styled.div<{ $gap?: number; $spread?: boolean }>`
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: ${(p) => (p.$gap ?? 2) * 4}px;
  justify-content: ${(p) => (p.$spread ? 'space-between' : 'flex-start')};
  min-width: 0;
`;

/** 12 px: what explains, not what one reads first. */
export const Small = styled.span<{ $tone?: Tone }>`
  font-size: 12px;
  line-height: 16px;
  overflow-wrap: anywhere;
  color: ${(p) => getColor({ theme: p.theme, variable: TONES[p.$tone ?? 'settled'] })};
`;

/** An icon that keeps the height of the line it stands in. */
export const Mark = styled.span<{ $tone?: Tone }>`
  display: inline-flex;
  align-items: center;
  gap: 4px;
  vertical-align: bottom;
  ${tone}
  svg {
    flex: none;
  }
`;

export const SectionTitle = styled.h2`
  font-size: 14px;
  line-height: 20px;
  font-weight: 600;
`;

export const PageTitle = styled.h1`
  font-size: 20px;
  line-height: 28px;
  font-weight: 600;
`;

/** Help below a label, in the size of explanations. */
export const Help = styled(Hint)`
  &&& {
    font-size: 12px;
    line-height: 16px;
  }
`;

/** For screen readers only. */
export const Hidden = styled.span`
  position: absolute;
  width: 1px;
  height: 1px;
  margin: -1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
`;

const appear = keyframes`from { opacity: 0; }`;

/** Appears within 150 ms, so that what comes on its own does not startle. */
export const Appear = styled.div`
  animation: ${appear} 120ms ease-out;
`;

export const Line = styled.hr`
  width: 100%;
  margin: 0;
  border: 0;
  border-top: 1px solid ${(p) => getColor({ theme: p.theme, variable: 'border.subtle' })};
`;
