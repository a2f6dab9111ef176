/** The values that a message may name, found by typing, inserted as Liquid. */
import { Button, Combobox, Text, useCombobox } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useTexts } from '../../texts';
import { CHOICES } from './queries';

const LINKS: readonly string[] = ['unsubscribe_url', 'preferences_url'];

function liquidOf(name: string): string {
  if (name === 'customer.tags') return `{{ ${name} | join: ', ' }}`;
  if (name.endsWith('_at')) return `{{ ${name} | date: '%d %B %Y' }}`;
  return `{{ ${name} }}`;
}

export function Values({
  field,
  isHtml,
  onInsert,
}: {
  /** What it inserts into, as people know it. */
  field: string;
  isHtml: boolean;
  onInsert: (what: string) => void;
}) {
  const text = useTexts();
  const [typed, type] = useState('');
  const [{ data }] = useQuery({ query: CHOICES, requestPolicy: 'cache-first' });
  const combobox = useCombobox({
    onDropdownClose: () => {
      combobox.resetSelectedOption();
      type('');
    },
    onDropdownOpen: () => {
      combobox.focusSearchInput();
    },
  });
  const wanted = typed.trim().toLowerCase();
  const found = (data?.templateFields ?? []).filter(({ name, label }) =>
    `${name} ${label}`.toLowerCase().includes(wanted),
  );
  return (
    <Combobox
      store={combobox}
      width={300}
      keepMounted={false}
      position="bottom-end"
      onOptionSubmit={(name) => {
        combobox.closeDropdown();
        const liquid = liquidOf(name);
        onInsert(isHtml && LINKS.includes(name) ? `<a href="${liquid}">${text('editor.link')}</a>` : liquid);
      }}
    >
      <Combobox.Target withAriaAttributes={false}>
        <Button
          size="compact-xs"
          variant="default"
          aria-haspopup="listbox"
          aria-expanded={combobox.dropdownOpened}
          aria-label={text('editor.values.into', { field })}
          onClick={() => {
            combobox.toggleDropdown();
          }}
        >
          {text('editor.values')}
        </Button>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Search
          value={typed}
          aria-label={text('editor.values.search')}
          placeholder={text('editor.values.search')}
          onChange={(event) => {
            type(event.currentTarget.value);
            combobox.resetSelectedOption();
          }}
        />
        <Combobox.Options mah={260} style={{ overflowY: 'auto' }} aria-label={text('editor.values')}>
          {found.length === 0 && <Combobox.Empty>{text('editor.values.none')}</Combobox.Empty>}
          {found.map(({ name, label }) => (
            <Combobox.Option key={name} value={name}>
              <Text size="sm">{label}</Text>
              <Text size="xs" c="dimmed" ff="monospace">
                {name}
              </Text>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
