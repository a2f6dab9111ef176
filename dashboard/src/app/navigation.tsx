/** The way to every screen, in groups; what the person may not read is not there. */
import { AppShell, Box, NavLink, ScrollArea, Text } from '@mantine/core';
import {
  IconApi,
  IconBan,
  IconChartBar,
  IconDownload,
  IconFilter,
  IconHome,
  IconListCheck,
  IconPhoto,
  IconSend,
  IconSettings,
  IconUpload,
  IconUsers,
  type Icon,
} from '@tabler/icons-react';
import { Link, useLocation } from '@tanstack/react-router';
import { useId } from 'react';
import { useViewer } from '../components/permissions';
import type { Permission } from '../gql/graphql';
import { useTexts } from '../texts';
import type { TextId } from '../texts/en';

interface Place {
  to: string;
  text: TextId;
  icon: Icon;
  needs?: Permission;
}

const HOME: Place = { to: '/', text: 'nav.home', icon: IconHome };

const GROUPS: readonly { text: TextId; places: readonly Place[] }[] = [
  {
    text: 'nav.group.people',
    places: [
      { to: '/customers', text: 'nav.customers', icon: IconUsers, needs: 'CUSTOMERS_READ' },
      { to: '/audiences', text: 'audiences.title', icon: IconFilter, needs: 'AUDIENCES_READ' },
      { to: '/suppressions', text: 'suppressions.title', icon: IconBan, needs: 'CUSTOMERS_READ' },
    ],
  },
  {
    text: 'nav.group.messages',
    places: [
      { to: '/campaigns', text: 'nav.campaigns', icon: IconSend, needs: 'CAMPAIGNS_READ' },
      { to: '/reports', text: 'reports.title', icon: IconChartBar, needs: 'ANALYTICS_READ' },
      { to: '/library', text: 'library.title', icon: IconPhoto, needs: 'MEDIA_READ' },
    ],
  },
  {
    text: 'nav.group.data',
    places: [
      { to: '/imports', text: 'imports.title', icon: IconUpload, needs: 'INGESTIONS_READ' },
      { to: '/downloads', text: 'exports.title', icon: IconDownload, needs: 'EXPORTS_READ' },
      { to: '/bulk', text: 'bulk.title', icon: IconListCheck, needs: 'CUSTOMERS_READ' },
    ],
  },
];

const SETTINGS: Place = {
  to: '/settings',
  text: 'settings.title',
  icon: IconSettings,
  needs: 'SETTINGS_READ',
};

export function Navigation({ onGo }: { onGo: () => void }) {
  const text = useTexts();
  return (
    <>
      <AppShell.Section
        grow
        component={ScrollArea}
        type="never"
        mx="calc(-1 * var(--mantine-spacing-xs))"
        px="xs"
      >
        <To place={HOME} onGo={onGo} />
        {GROUPS.map((group) => (
          <Places key={group.text} {...group} onGo={onGo} />
        ))}
      </AppShell.Section>
      <AppShell.Section pt="xs">
        <To place={SETTINGS} onGo={onGo} />
        <NavLink
          href="/graphql"
          label={text('nav.explorer')}
          leftSection={<IconApi size={18} aria-hidden />}
        />
      </AppShell.Section>
    </>
  );
}

function useIsOffered(): (place: Place) => boolean {
  const viewer = useViewer();
  // All until it is known: for nearly everybody nothing moves then.
  return ({ needs }) => !needs || (viewer?.grantedPermissions.includes(needs) ?? true);
}

function Places({ text: id, places, onGo }: { text: TextId; places: readonly Place[]; onGo: () => void }) {
  const text = useTexts();
  const heading = useId();
  const offered = places.filter(useIsOffered());
  if (offered.length === 0) return null;
  return (
    <Box role="group" aria-labelledby={heading} mt="md">
      <Text id={heading} size="xs" fw={600} c="dimmed" px="sm" mb={4}>
        {text(id)}
      </Text>
      {offered.map((place) => (
        <To key={place.to} place={place} onGo={onGo} />
      ))}
    </Box>
  );
}

function To({ place, onGo }: { place: Place; onGo: () => void }) {
  const text = useTexts();
  const { pathname } = useLocation();
  const isOffered = useIsOffered();
  const isHere =
    place.to === '/' ? pathname === '/' : pathname === place.to || pathname.startsWith(`${place.to}/`);
  if (!isOffered(place)) return null;
  return (
    <NavLink
      component={Link}
      to={place.to}
      label={text(place.text)}
      leftSection={<place.icon size={18} stroke={1.75} aria-hidden />}
      active={isHere}
      aria-current={isHere ? 'page' : undefined}
      onClick={onGo}
    />
  );
}
