/** The language, and light or dark, before anybody is signed in. */
import { ActionIcon, Group, Select, useMantineColorScheme } from '@mantine/core';
import { LANGUAGES, useLanguage, useTexts, type Language } from '../../texts';

export function Choices() {
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
