/** The message as it was saved, sent to a few addresses to look at. */
import { Button, Group, Modal, Stack, TagsInput, Text } from '@mantine/core';
import { useState } from 'react';
import { useChange } from '../../api/change';
import { Errors } from '../../components/errors';
import { useViewer } from '../../components/permissions';
import { useTexts } from '../../texts';
import type { Draft } from './draft';
import type { Person } from './previewing';
import { TEST } from './start-queries';

const MOST = 10;

interface Trial {
  id: string;
  draft: Draft;
  shown: number;
  person: Person | null;
  onClose: () => void;
}

export function TestSend({ isOpen, ...trial }: Trial & { isOpen: boolean }) {
  const text = useTexts();
  return (
    <Modal
      opened={isOpen}
      onClose={trial.onClose}
      title={text('test.title')}
      closeButtonProps={{ 'aria-label': text('confirm.close') }}
    >
      <Addresses {...trial} />
    </Modal>
  );
}

function Addresses({ id, draft, shown, person, onClose }: Trial) {
  const text = useTexts();
  const { isBusy, errors, change, clear } = useChange();
  const own = useViewer()?.user?.email;
  const [chosen, choose] = useState<string[] | null>(null);
  const [typed, type] = useState('');
  const [sent, setSent] = useState<number | null>(null);
  const isEmail = draft.channel === 'EMAIL';
  const addresses = chosen ?? (isEmail && own ? [own] : []);
  // What is typed counts without a key pressed after it.
  const all = typed.trim() ? [...addresses, typed.trim()] : addresses;
  const send = async () => {
    setSent(null);
    const variantKey = draft.texts.length > 1 ? (draft.texts[shown]?.key ?? null) : null;
    const customer = person ? { id: person.id } : null;
    const input = { id, addresses: all, customer, variantKey };
    setSent((await change(TEST, { input }))?.campaignTest.sent ?? null);
  };
  return (
    <Stack>
      <TagsInput
        data-autofocus
        label={text(isEmail ? 'test.emails' : 'test.phones')}
        description={text('test.what')}
        maxTags={MOST}
        splitChars={[',', ';', ' ']}
        acceptValueOnBlur
        searchValue={typed}
        onSearchChange={type}
        value={addresses}
        onChange={(value) => {
          choose(value);
          setSent(null);
          clear();
        }}
      />
      {person && (
        <Text size="sm" c="dimmed">
          {text('test.as', { name: person.label })}
        </Text>
      )}
      <Errors errors={errors} />
      <Text role="status" size="sm" mih={22}>
        {sent !== null && text('test.sent', { count: sent })}
      </Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {text('confirm.close')}
        </Button>
        <Button loading={isBusy} disabled={all.length === 0} onClick={() => void send()}>
          {text('test.send')}
        </Button>
      </Group>
    </Stack>
  );
}
