/** What the screens of the settings share: one navigation between them, without what the role may not see. */
import { Box, Group, NavLink } from '@mantine/core';
import { Link, useLocation } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMay } from '../../components/permissions';
import { Screen } from '../../components/screen';
import type { Permission } from '../../gql/graphql';
import { useTexts } from '../../texts';
import type { TextId } from '../../texts/en';

const SECTIONS = [
  { to: '/settings', text: 'settings.general', permission: 'SETTINGS_READ' },
  { to: '/settings/topics', text: 'topics.title', permission: 'CUSTOMERS_READ' },
  { to: '/settings/channels', text: 'channels.title', permission: 'SETTINGS_READ' },
  { to: '/settings/users', text: 'users.title', permission: 'USERS_READ' },
  { to: '/settings/keys', text: 'keys.title', permission: 'API_KEYS_READ' },
  { to: '/settings/audit', text: 'audit.title', permission: 'AUDIT_READ' },
] as const satisfies readonly { to: string; text: TextId; permission: Permission }[];

export function SettingsScreen({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
}) {
  const text = useTexts();
  return (
    <Box maw={1280} mx="auto">
      <Group component="nav" gap={4} mih={38} mb="md" aria-label={text('settings.title')}>
        {SECTIONS.map((section) => (
          <Section key={section.to} {...section} />
        ))}
      </Group>
      <Screen title={title} aside={aside}>
        {children}
      </Screen>
    </Box>
  );
}

function Section({ to, text: id, permission }: (typeof SECTIONS)[number]) {
  const text = useTexts();
  const { pathname } = useLocation();
  const isHere = pathname === to;
  if (!useMay(permission)) return null;
  return (
    <NavLink
      component={Link}
      to={to}
      activeOptions={{ exact: true }}
      w="auto"
      py={6}
      style={{ borderRadius: 'var(--mantine-radius-sm)' }}
      label={text(id)}
      active={isHere}
      aria-current={isHere ? 'page' : undefined}
    />
  );
}
