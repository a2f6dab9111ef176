/** What can be done with a draft in the list: go on writing, or delete it. */
import { Button, Group, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useChange } from '../../api/change';
import { Errors } from '../../components/errors';
import { ButtonLink } from '../../components/link';
import { useMay } from '../../components/permissions';
import { useTexts } from '../../texts';
import { DELETE } from './queries';

export function DraftActions({ id, name }: { id: string; name: string }) {
  const text = useTexts();
  const [isOpen, { open, close }] = useDisclosure();
  const { isBusy, errors, change } = useChange();
  if (!useMay('CAMPAIGNS_WRITE')) return null;
  return (
    <Group gap={6} justify="flex-start" wrap="nowrap">
      <ButtonLink
        size="compact-sm"
        variant="default"
        to="/campaigns/$id/edit"
        params={{ id }}
        aria-label={text('campaigns.edit.one', { name })}
      >
        {text('editor.edit')}
      </ButtonLink>
      <Button
        size="compact-sm"
        variant="default"
        aria-label={text('campaigns.delete.one', { name })}
        onClick={open}
      >
        {text('campaigns.delete')}
      </Button>
      <Modal
        opened={isOpen}
        onClose={close}
        title={text('campaigns.delete')}
        closeButtonProps={{ 'aria-label': text('confirm.close') }}
      >
        <Text>{text('campaigns.delete.sure', { name })}</Text>
        <Errors errors={errors} />
        <Group justify="flex-end" mt="lg">
          <Button variant="default" data-autofocus onClick={close}>
            {text('confirm.no')}
          </Button>
          <Button color="red" loading={isBusy} onClick={() => void change(DELETE, { id })}>
            {text('campaigns.delete')}
          </Button>
        </Group>
      </Modal>
    </Group>
  );
}
