/** Addresses closed by hand: as many as one pastes, each refusal told by its line. */
import { Button, Group, Modal, Select, Stack, Textarea } from '@mantine/core';
import { useState, type SyntheticEvent } from 'react';
import { useChange } from '../../api/change';
import { Errors } from '../../components/errors';
import type { Channel } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { CHANNELS } from './kinds';
import { CLOSE } from './queries';

export function CloseDialog({ onClose, onDone }: { onClose: () => void; onDone: (count: number) => void }) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const [channel, setChannel] = useState<Channel>('EMAIL');
  const [typed, type] = useState('');
  const lines = typed.split('\n').map((line) => line.trim());
  const given = lines.flatMap((address, index) => (address ? [{ address, line: index + 1 }] : []));
  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    const addresses = given.map(({ address }) => address);
    if (await change(CLOSE, { channel, addresses })) onDone(addresses.length);
  };
  const told = errors.map((error) => {
    const [of, index] = error.path;
    const line = of === 'addresses' && index !== undefined ? given[Number(index)]?.line : undefined;
    return line === undefined
      ? error
      : { ...error, message: text('suppressions.new.line', { line, message: error.message }) };
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={text('suppressions.new')}
      closeButtonProps={{ 'aria-label': text('confirm.close') }}
    >
      <form noValidate onSubmit={(event) => void submit(event)}>
        <Stack>
          <Select
            label={text('suppressions.channel')}
            allowDeselect={false}
            data={CHANNELS.map((value) => ({ value, label: text(`channel.${value}`) }))}
            value={channel}
            onChange={(value) => {
              if (value) setChannel(value);
            }}
          />
          <Textarea
            label={text('suppressions.new.addresses')}
            description={text('suppressions.new.hint')}
            data-autofocus
            autosize
            minRows={4}
            maxRows={12}
            value={typed}
            onChange={(event) => {
              type(event.currentTarget.value);
            }}
          />
          <Errors errors={told} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {text('confirm.no')}
            </Button>
            <Button type="submit" loading={isBusy} disabled={given.length === 0}>
              {text('suppressions.new.submit')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
