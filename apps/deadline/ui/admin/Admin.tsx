import {
  ApiAccessTable,
  Failed,
  SaveBar,
  SectionTitle,
  SkeletonLines,
  Small,
  Stack,
  usePage,
  useResource,
} from '@aerie/ui';
import { focusStyles, getColor } from '@zendeskgarden/react-theming';
import { useState, type ReactNode } from 'react';
import styled from 'styled-components';
import { paths, type Settings } from '../api';
import { ABOUT, useT } from '../texts';
import { Automation } from './Automation';
import { DisplayField } from './DisplayField';
import { Popups } from './Popups';
import { SavedElsewhere } from './SavedElsewhere';
import { useSettings } from './useSettings';
import { Warnings } from './Warnings';

const SECTIONS = ['warnings', 'popups', 'field', 'automation', 'access', 'about'] as const;
type Section = (typeof SECTIONS)[number];

const Layout = styled.div`
  display: grid;
  grid-template-columns: 200px minmax(0, 1fr);
  gap: 32px;
  align-items: start;
  @media (max-width: 760px) {
    grid-template-columns: 1fr;
  }
`;

const Nav = styled.nav`
  display: flex;
  flex-direction: column;
  gap: 2px;
`;

const NavButton = styled.button`
  padding: 6px 12px;
  border: 0;
  border-radius: 4px;
  text-align: start;
  cursor: pointer;
  color: inherit;
  background: transparent;
  &:hover {
    background: ${(p) => getColor({ theme: p.theme, variable: 'background.subtle' })};
  }
  &[aria-current] {
    font-weight: 600;
    background: ${(p) => getColor({ theme: p.theme, variable: 'background.recessed' })};
  }
  ${(p) => focusStyles({ theme: p.theme })}
`;

/** The administrator's side: settings, doors for automation, and what the app may do. */
export default function Admin() {
  const t = useT();
  const [section, setSection] = useState<Section>('warnings');
  const settings = useResource<Settings>(paths.settings);
  return (
    <Layout>
      <Nav aria-label={t('admin.sections')}>
        {SECTIONS.map((name) => (
          <NavButton
            key={name}
            type="button"
            aria-current={section === name ? 'true' : undefined}
            onClick={() => setSection(name)}
          >
            {t(`admin.${name}`)}
          </NavButton>
        ))}
      </Nav>
      {settings.data ? (
        <Sections section={section} saved={settings.data} onSaved={settings.put} />
      ) : settings.error ? (
        <Failed what={t('admin.failed')} error={settings.error} onRetry={settings.reload} />
      ) : (
        <SkeletonLines count={8} height={32} />
      )}
    </Layout>
  );
}

interface SectionsProps {
  section: Section;
  saved: Settings;
  onSaved(settings: Settings): void;
}

function Sections({ section, saved, onSaved }: SectionsProps) {
  const { errorText, boot } = usePage();
  const t = useT();
  const form = useSettings(saved, onSaved);
  const { draft, edit } = form;
  return (
    <Stack $gap={5}>
      {section === 'warnings' && (
        <Part title={t('admin.warnings')} hint={t('warnings.hint')}>
          <Warnings draft={draft} edit={edit} problems={form.problems} />
        </Part>
      )}
      {section === 'popups' && (
        <Part title={t('admin.popups')} hint={t('popups.hint')} wide>
          <Popups draft={draft} edit={edit} />
        </Part>
      )}
      {section === 'field' && (
        <Part title={t('admin.field')} hint={t('field.hint')}>
          <DisplayField draft={draft} edit={edit} />
        </Part>
      )}
      {section === 'automation' && (
        <Part title={t('admin.automation')} hint={t('automation.hint')}>
          <Automation />
        </Part>
      )}
      {section === 'access' && (
        <Part title={t('admin.access')} hint={t('access.hint')}>
          <ApiAccessTable rows={boot.api_access} label={t('admin.access')} />
        </Part>
      )}
      {section === 'about' && (
        <Part title={t('admin.about')}>
          <Stack as="ul" $gap={2}>
            {ABOUT.map((key) => (
              <li key={key}>{t(key)}</li>
            ))}
          </Stack>
        </Part>
      )}
      {form.theirs && <SavedElsewhere onLoad={form.takeTheirs} onOverwrite={form.overwriteTheirs} />}
      {form.error !== null && <Small $tone="late">{errorText(form.error)}</Small>}
      {form.changed && <SaveBar saving={form.saving} onSave={form.save} onDiscard={form.discard} />}
    </Stack>
  );
}

const Width = styled.section<{ $wide?: boolean }>`
  max-width: ${(p) => (p.$wide ? '960px' : '640px')};
`;

function Part({
  title,
  hint,
  wide,
  children,
}: {
  title: string;
  hint?: string;
  wide?: boolean;
  children: ReactNode;
}) {
  return (
    <Width $wide={wide}>
      <Stack $gap={4}>
        <Stack $gap={1}>
          <SectionTitle>{title}</SectionTitle>
          {hint && <Small>{hint}</Small>}
        </Stack>
        {children}
      </Stack>
    </Width>
  );
}
