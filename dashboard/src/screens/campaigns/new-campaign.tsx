/** A new draft: its name, its channel, its audience; the rest is written in the editor. */
import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { errorAt, useChange } from '../../api/change';
import { newKey } from '../../api/upload';
import { AudienceChoice } from '../../components/choices';
import { Errors } from '../../components/errors';
import { useMay } from '../../components/permissions';
import type { Channel } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { CHANNELS } from './channels';
import { CREATE } from './queries';

const FIELDS = ['name', 'audienceId'];

export function NewCampaign() {
  const text = useTexts();
  const [isOpen, { open, close }] = useDisclosure();
  if (!useMay('CAMPAIGNS_WRITE')) return null;
  return (
    <>
      <Button onClick={open}>{text('campaigns.new')}</Button>
      <Modal
        opened={isOpen}
        onClose={close}
        title={text('campaigns.new')}
        closeButtonProps={{ 'aria-label': text('confirm.close') }}
      >
        <Form onClose={close} />
      </Modal>
    </>
  );
}

function Form({ onClose }: { onClose: () => void }) {
  const text = useTexts();
  const navigate = useNavigate();
  const { isBusy, errors, change } = useChange();
  const [name, setName] = useState('');
  const [channel, setChannel] = useState<Channel>('EMAIL');
  const [audienceId, setAudience] = useState<string | null>(null);
  // Sent twice, it makes one.
  const [idempotencyKey] = useState(newKey);
  const make = async () => {
    if (audienceId === null) return;
    const input = { name, channel, audienceId, idempotencyKey };
    const made = (await change(CREATE, { input }))?.campaignCreate.campaign;
    if (made) await navigate({ to: '/campaigns/$id/edit', params: { id: made.id } });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <Stack>
        <TextInput
          data-autofocus
          label={text('campaigns.name')}
          value={name}
          error={errorAt(errors, 'name')}
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
        <Select
          label={text('campaigns.channel')}
          allowDeselect={false}
          data={CHANNELS.map((value) => ({ value, label: text(`channel.${value}`) }))}
          value={channel}
          onChange={(value) => {
            setChannel(value as Channel);
          }}
        />
        <AudienceChoice
          label={text('editor.audience')}
          placeholder={text('editor.audience.choose')}
          clearable={false}
          allowDeselect={false}
          value={audienceId}
          error={errorAt(errors, 'audienceId')}
          onChange={setAudience}
        />
        <Errors errors={errors} except={FIELDS} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {text('confirm.no')}
          </Button>
          <Button type="submit" loading={isBusy} disabled={!name.trim() || audienceId === null}>
            {text('campaigns.make')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
