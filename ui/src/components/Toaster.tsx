import { Button } from '@zendeskgarden/react-buttons';
import { Close, Notification } from '@zendeskgarden/react-notifications';
import { createContext, useCallback, useContext, useEffect, useState, type ReactNode } from 'react';
import styled from 'styled-components';
import { useT } from '../page';
import { Appear, Row } from './styles';

export interface Toast {
  text: string;
  /** What takes back the thing that the toast tells of. */
  undo?: () => void;
  type?: 'success' | 'error' | 'info';
}

const VISIBLE_MS = 8000;
const Context = createContext<(toast: Toast) => void>(() => undefined);

/** Shows one toast at a time, at the bottom; the newest replaces the one before. */
export function useToast(): (toast: Toast) => void {
  return useContext(Context);
}

const Place = styled.div`
  position: fixed;
  inset-inline: 8px;
  bottom: 8px;
  z-index: 20;
  display: flex;
  justify-content: center;
  pointer-events: none;
  @media (min-width: 600px) {
    inset: 16px 16px auto;
    justify-content: flex-end;
  }
  > * {
    pointer-events: auto;
    width: min(100%, 400px);
  }
`;

const Compact = styled(Notification)`
  &&& {
    padding-block: 8px;
    padding-inline: 36px 36px;
    min-width: 0;
    width: 100%;
  }
`;

export function Toaster({ children }: { children: ReactNode }) {
  const t = useT();
  const [shown, setShown] = useState<{ toast: Toast; id: number } | null>(null);
  const [held, setHeld] = useState(false);
  const show = useCallback((toast: Toast) => {
    setHeld(false);
    setShown((old) => ({ toast, id: (old?.id ?? 0) + 1 }));
  }, []);
  const close = () => setShown(null);
  useEffect(() => {
    if (!shown || held) return undefined;
    const timer = setTimeout(() => setShown(null), VISIBLE_MS);
    return () => clearTimeout(timer);
  }, [shown, held]);
  const toast = shown?.toast;
  return (
    <Context.Provider value={show}>
      {children}
      <Place role="status">
        {shown && toast && (
          <Appear
            key={shown.id}
            onMouseEnter={() => setHeld(true)}
            onMouseLeave={() => setHeld(false)}
            onFocus={() => setHeld(true)}
            onBlur={() => setHeld(false)}
          >
            <Compact type={toast.type ?? 'success'} role="presentation">
              <Row $gap={2}>
                <span>{toast.text}</span>
                {toast.undo && (
                  <Button
                    isLink
                    onClick={() => {
                      toast.undo?.();
                      close();
                    }}
                  >
                    {t('undo')}
                  </Button>
                )}
              </Row>
              <Close aria-label={t('close')} onClick={close} />
            </Compact>
          </Appear>
        )}
      </Place>
    </Context.Provider>
  );
}
