/** Who is signed in: their account, light or dark, the language, and the way out. */
import {
  Avatar,
  Button,
  Divider,
  Input,
  Popover,
  SegmentedControl,
  Stack,
  Text,
  UnstyledButton,
  VisuallyHidden,
  useMantineColorScheme,
  type MantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconLogout, IconUserCircle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { signOut } from '../api/session';
import { useViewer } from '../components/permissions';
import { LANGUAGES, useLanguage, useTexts, type Language } from '../texts';

const SCHEMES: readonly MantineColorScheme[] = ['auto', 'light', 'dark'];

export function Account() {
  const text = useTexts();
  const [isOpen, { toggle, close }] = useDisclosure();
  const viewer = useViewer();
  const user = viewer?.user;
  // Nobody's, until it is known: another one would be there for a moment.
  const name = viewer === undefined ? '' : (user?.name ?? user?.email ?? text('account.operator'));
  return (
    <Popover
      position="bottom-end"
      width={280}
      shadow="md"
      opened={isOpen}
      onDismiss={close}
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <UnstyledButton className="account" onClick={toggle}>
          <VisuallyHidden>{text('account.menu', { name })}</VisuallyHidden>
          <Avatar size={30} color="indigo" name={user ? name : ''} alt="" aria-hidden />
          <Text size="sm" fw={500} maw={180} truncate visibleFrom="sm" aria-hidden>
            {name}
          </Text>
          <IconChevronDown size={14} aria-hidden />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown aria-label={text('account.menu', { name })}>
        <Stack gap="sm">
          <Stack gap={0}>
            <Text size="sm" fw={600} truncate>
              {name}
            </Text>
            {user?.name && (
              <Text size="xs" c="dimmed" truncate>
                {user.email}
              </Text>
            )}
          </Stack>
          {user && (
            <Button
              component={Link}
              to="/account"
              variant="default"
              size="xs"
              leftSection={<IconUserCircle size={16} aria-hidden />}
              onClick={close}
            >
              {text('account.own')}
            </Button>
          )}
          <Choices />
          <Divider />
          <Button
            variant="default"
            size="xs"
            leftSection={<IconLogout size={16} aria-hidden />}
            onClick={() => {
              void signOut().finally(() => {
                window.location.assign('/');
              });
            }}
          >
            {text('nav.signOut')}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

function Choices() {
  const text = useTexts();
  const { language, choose } = useLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <Input.Wrapper label={text('nav.theme')} labelElement="div">
        <SegmentedControl
          fullWidth
          size="xs"
          aria-label={text('nav.theme')}
          data={SCHEMES.map((value) => ({ value, label: text(`theme.${value}`) }))}
          value={colorScheme}
          onChange={(value) => {
            setColorScheme(value);
          }}
        />
      </Input.Wrapper>
      <Input.Wrapper label={text('nav.language')} labelElement="div">
        <SegmentedControl
          fullWidth
          size="xs"
          aria-label={text('nav.language')}
          data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          value={language}
          onChange={(value) => {
            choose(value as Language);
          }}
        />
      </Input.Wrapper>
    </>
  );
}
