/** The frame around every screen: navigation, the banner of a lost connection, who is signed in. */
import {
  ActionIcon,
  Alert,
  Anchor,
  AppShell,
  Burger,
  Group,
  NavLink,
  Select,
  Text,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useConnection } from '../api/connection';
import { signOut } from '../api/session';
import { LANGUAGES, useLanguage, useTexts, type Language } from '../texts';
import type { TextId } from '../texts/en';

const PLACES = [
  { to: '/', text: 'nav.home' },
  { to: '/customers', text: 'nav.customers' },
  { to: '/audiences', text: 'audiences.title' },
  { to: '/campaigns', text: 'nav.campaigns' },
  { to: '/reports', text: 'reports.title' },
  { to: '/imports', text: 'imports.title' },
  { to: '/downloads', text: 'exports.title' },
  { to: '/library', text: 'library.title' },
  { to: '/suppressions', text: 'suppressions.title' },
  { to: '/bulk', text: 'bulk.title' },
  { to: '/settings', text: 'settings.title' },
] as const satisfies readonly { to: string; text: TextId }[];

export function Layout() {
  const text = useTexts();
  const [isOpen, { toggle, close }] = useDisclosure();
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <Anchor href="#content" className="skip">
        {text('app.skip')}
      </Anchor>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={text('nav.menu')}
            />
            <Text fw={700}>{text('app.name')}</Text>
          </Group>
          <Choices />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={text('nav.menu')}>
        <Places onGo={close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <LostConnection />
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

function Places({ onGo }: { onGo: () => void }) {
  const text = useTexts();
  const { pathname } = useLocation();
  const isAt = (to: string) => (to === '/' ? pathname === '/' : pathname.startsWith(to));
  return (
    <>
      {PLACES.map((place) => (
        <NavLink
          key={place.to}
          component={Link}
          to={place.to}
          label={text(place.text)}
          active={isAt(place.to)}
          aria-current={isAt(place.to) ? 'page' : undefined}
          onClick={onGo}
        />
      ))}
      <NavLink href="/graphql" label={text('nav.explorer')} />
      <NavLink
        component="button"
        label={text('nav.signOut')}
        onClick={() => {
          void signOut().finally(() => {
            window.location.assign('/');
          });
        }}
      />
    </>
  );
}

function Choices() {
  const text = useTexts();
  const { language, choose } = useLanguage();
  const { colorScheme, toggleColorScheme } = useMantineColorScheme();
  return (
    <Group gap="xs" wrap="nowrap">
      <Select
        aria-label={text('nav.language')}
        w={130}
        size="xs"
        allowDeselect={false}
        data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
        value={language}
        onChange={(value) => {
          choose(value as Language);
        }}
      />
      <ActionIcon variant="default" aria-label={text('nav.theme')} onClick={toggleColorScheme}>
        <span aria-hidden>{colorScheme === 'dark' ? '☀' : '☾'}</span>
      </ActionIcon>
    </Group>
  );
}

function LostConnection() {
  const text = useTexts();
  const isLost = useConnection() === 'lost';
  return (
    <div role="status">
      {isLost && (
        <Alert color="orange" mb="md">
          {text('connection.lost')}
        </Alert>
      )}
    </div>
  );
}
