/** The end of a file, once one has been told who uses it; refused while a campaign that has not ended does. */
import { Button, Group, List, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from 'urql';
import { useChange } from '../../api/change';
import { Errors } from '../../components/errors';
import { useTexts } from '../../texts';
import type { MediaFile } from './card';
import { DELETE, FILE_USE } from './queries';

export function Delete({ file, onGone }: { file: MediaFile; onGone: () => void }) {
  const text = useTexts();
  const [isOpen, { open, close }] = useDisclosure();
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={open}>
        {text('library.delete')}
      </Button>
      <Modal
        opened={isOpen}
        onClose={close}
        title={text('library.delete.title')}
        closeButtonProps={{ 'aria-label': text('confirm.close') }}
      >
        <Sure file={file} onClose={close} onGone={onGone} />
      </Modal>
    </>
  );
}

function Sure({ file, onClose, onGone }: { file: MediaFile; onClose: () => void; onGone: () => void }) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const [{ data }] = useQuery({ query: FILE_USE, variables: { id: file.id }, requestPolicy: 'network-only' });
  const customers = data?.media?.customers?.totalCount ?? 0;
  const remove = async () => {
    if (!(await change(DELETE, { id: file.id }))) return;
    onClose();
    onGone();
  };
  return (
    <Stack>
      <Text style={{ overflowWrap: 'anywhere' }}>{text('library.delete.sure', { name: file.filename })}</Text>
      <List size="sm">
        {customers > 0 && <List.Item>{text('library.delete.customers', { count: customers })}</List.Item>}
        {data?.media?.publicUrl && <List.Item>{text('library.delete.public')}</List.Item>}
      </List>
      <Errors errors={errors} />
      <Group justify="flex-end">
        <Button variant="default" data-autofocus onClick={onClose}>
          {text('confirm.no')}
        </Button>
        <Button color="red" loading={isBusy} disabled={!data} onClick={() => void remove()}>
          {text('library.delete')}
        </Button>
      </Group>
    </Stack>
  );
}
