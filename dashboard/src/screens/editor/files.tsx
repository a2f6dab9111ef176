/** Files of the media library that go with a message: those that are chosen, and a dialogue to choose from. */
import { Button, Checkbox, Group, Image, Input, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { useState, type ReactNode } from 'react';
import { useIntl } from 'react-intl';
import { useQuery } from 'urql';
import { ownAddress } from '../../api/upload';
import { Empty } from '../../components/empty';
import { ButtonLink } from '../../components/link';
import { Problem } from '../../components/problem';
import type { FileChoicesQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import type { PickedFile } from './draft';
import { anchor } from './problems';
import { FILES } from './queries';

const TYPING_MS = 250;

export type Media = NonNullable<FileChoicesQuery['mediaFiles']>['nodes'][number];

export function FileField({
  label,
  field,
  most,
  files,
  error,
  onChange,
}: {
  label: string;
  field: string;
  most: number;
  files: readonly PickedFile[];
  error: ReactNode;
  onChange: (files: PickedFile[]) => void;
}) {
  const text = useTexts();
  const bytes = useBytes();
  const [isOpen, { open, close }] = useDisclosure();
  const isFull = files.length >= most;
  return (
    <Input.Wrapper label={label} error={error} labelElement="div">
      <Stack gap={4} mt={4} align="flex-start">
        {files.map((file) => (
          <Group key={file.id} gap="xs" wrap="nowrap" w="100%">
            <Text size="sm" truncate>
              {file.filename}
            </Text>
            <Text size="sm" c="dimmed" style={{ flexShrink: 0 }}>
              {bytes(file.sizeBytes)}
            </Text>
            <Button
              size="compact-xs"
              variant="default"
              style={{ flexShrink: 0 }}
              aria-label={text('files.remove', { name: file.filename })}
              onClick={() => {
                onChange(files.filter(({ id }) => id !== file.id));
              }}
            >
              <span aria-hidden>×</span>
            </Button>
          </Group>
        ))}
        <Button id={anchor(field)} size="xs" variant="default" disabled={isFull} onClick={open}>
          {text('files.add')}
        </Button>
      </Stack>
      <Picker
        title={label}
        isOpen={isOpen}
        onClose={close}
        takes={({ status }) => status === 'READY'}
        renderFile={(file) => {
          const isTaken = files.some(({ id }) => id === file.id);
          return (
            <Checkbox
              label={<Named file={file} />}
              checked={isTaken}
              disabled={isFull && !isTaken}
              onChange={() => {
                const { id, filename, sizeBytes } = file;
                onChange(
                  isTaken ? files.filter((one) => one.id !== id) : [...files, { id, filename, sizeBytes }],
                );
              }}
            />
          );
        }}
      />
    </Input.Wrapper>
  );
}

/** The library in a dialogue, found by typing; `renderFile` says what can be done with each file. */
export function Picker({
  title,
  isOpen,
  onClose,
  takes,
  renderFile,
}: {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  takes: (file: Media) => boolean;
  renderFile: (file: Media) => ReactNode;
}) {
  const text = useTexts();
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={title}
      size="lg"
      closeButtonProps={{ 'aria-label': text('confirm.close') }}
    >
      <Library takes={takes} renderFile={renderFile} />
      <Group justify="flex-end" mt="md">
        <Button onClick={onClose}>{text('files.done')}</Button>
      </Group>
    </Modal>
  );
}

function Library({
  takes,
  renderFile,
}: {
  takes: (file: Media) => boolean;
  renderFile: (file: Media) => ReactNode;
}) {
  const text = useTexts();
  const [typed, type] = useState('');
  const [search] = useDebouncedValue(typed.trim(), TYPING_MS);
  const [{ data, error, fetching }, again] = useQuery({
    query: FILES,
    variables: { search: search || null },
  });
  const files = data?.mediaFiles?.nodes.filter(takes);
  return (
    <Stack mih={260} aria-busy={fetching}>
      <TextInput
        type="search"
        data-autofocus
        aria-label={text('files.search')}
        placeholder={text('files.search')}
        value={typed}
        onChange={(event) => {
          type(event.currentTarget.value);
        }}
      />
      {error && !files && (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      )}
      {files?.length === 0 && (
        <Empty
          next={
            <ButtonLink variant="default" to="/library">
              {text('files.library')}
            </ButtonLink>
          }
        >
          {text(search ? 'files.none' : 'files.empty')}
        </Empty>
      )}
      {files?.map((file) => (
        <div key={file.id}>{renderFile(file)}</div>
      ))}
    </Stack>
  );
}

export function Named({ file }: { file: Media }) {
  const bytes = useBytes();
  return (
    <Group gap="xs" wrap="nowrap">
      {file.thumbnailUrl && (
        <Image src={ownAddress(file.thumbnailUrl)} alt="" w={40} h={40} fit="contain" radius="sm" />
      )}
      <div>
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {file.filename}
        </Text>
        <Text size="xs" c="dimmed">
          {bytes(file.sizeBytes)}
        </Text>
      </div>
    </Group>
  );
}

function useBytes(): (bytes: number) => string {
  const intl = useIntl();
  return (bytes) => {
    const [value, unit] = bytes < 1_000_000 ? [bytes / 1_000, 'kilobyte'] : [bytes / 1_000_000, 'megabyte'];
    return intl.formatNumber(value, { style: 'unit', unit, maximumFractionDigits: value < 10 ? 1 : 0 });
  };
}
