/** The frame around every screen: navigation, who is signed in, the banner of a lost connection. */
import { Alert, Anchor, AppShell, Burger, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { Link, Outlet } from '@tanstack/react-router';
import { useConnection } from '../api/connection';
import { useIsOver } from '../api/standing';
import { useRenewedViewer } from '../components/permissions';
import logo from '../icon.svg';
import { useTexts } from '../texts';
import { Account } from './account';
import { Navigation } from './navigation';
import { SignedOut } from './signed-out';

export function Layout() {
  const text = useTexts();
  const [isOpen, { toggle, close }] = useDisclosure();
  useRenewedViewer();
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: 'md', collapsed: { mobile: !isOpen } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <Anchor href="#content" className="skip">
        {text('app.skip')}
      </Anchor>
      <AppShell.Header>
        <Group h="100%" px={{ base: 'sm', sm: 'md' }} justify="space-between" wrap="nowrap">
          <Group wrap="nowrap" gap="sm">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={text('nav.menu')}
              aria-expanded={isOpen}
            />
            <Anchor component={Link} to="/" c="inherit" underline="never" aria-label={text('app.home')}>
              <Group wrap="nowrap" gap="xs">
                <img src={logo} alt="" width={28} height={28} />
                <Text fw={700} fz="lg">
                  {text('app.name')}
                </Text>
              </Group>
            </Anchor>
          </Group>
          <Account />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={text('nav.menu')}>
        <Navigation onGo={close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Banner />
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

/** What is shown may be old: since the connection is lost, or since nobody is signed in any more. */
function Banner() {
  const text = useTexts();
  const isLost = useConnection() === 'lost';
  const isOver = useIsOver();
  return (
    <div role="status">
      {isOver ? (
        <SignedOut />
      ) : (
        isLost && (
          <Alert color="orange" mb="md" icon={<IconPlugConnectedX aria-hidden />}>
            {text('connection.lost')}
          </Alert>
        )
      )}
    </div>
  );
}
