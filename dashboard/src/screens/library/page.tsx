/** The media library: files as they look, found by name and kind, brought by dropping them, and the room they take. */
import { Group, Progress, Select, SimpleGrid, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useBytes } from '../../components/bytes';
import { Empty } from '../../components/empty';
import { FileDrop } from '../../components/file-drop';
import { Pager, usePlace } from '../../components/pager';
import { useMay } from '../../components/permissions';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import type { MediaKind } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { FileCard, type MediaFile } from './card';
import { MEDIA_KINDS } from './kinds';
import { FILES, ROOM } from './queries';
import { Uploads, useUploads } from './uploads';

const SIZE = 24;
const TYPING_MS = 250;

export default function Page() {
  const text = useTexts();
  const { kind } = useSearch({ from: '/library' });
  const mayUpload = useMay('MEDIA_WRITE');
  const [typed, type] = useState('');
  const [search] = useDebouncedValue(typed.trim(), TYPING_MS);
  const [place, go] = usePlace(SIZE, `${kind ?? ''} ${search}`);
  const [{ data, error, stale }, again] = useQuery({
    query: FILES,
    variables: { ...place, kind: kind ?? null, search: search || null },
  });
  const [room, roomAgain] = useQuery({ query: ROOM, requestPolicy: 'cache-and-network' });
  const readAgain = () => {
    again({ requestPolicy: 'network-only' });
    roomAgain({ requestPolicy: 'network-only' });
  };
  const { uploads, add, forget } = useUploads(readAgain);
  const files = data?.mediaFiles;
  return (
    <Screen title={text('library.title')} aside={<Room usage={room.data?.usage} />}>
      {mayUpload && (
        <FileDrop
          isMultiple
          title={text('library.drop')}
          hint={text('library.drop.hint')}
          button={text('library.choose')}
          onFiles={add}
        />
      )}
      <Uploads uploads={uploads} onForget={forget} />
      <Filters kind={kind} typed={typed} onType={type} />
      <Text size="sm" c="dimmed" role="status" mih={22}>
        {typeof files?.totalCount === 'number' && text('library.count', { count: files.totalCount })}
      </Text>
      {error && !files ? (
        <Problem error={error} onRetry={readAgain} />
      ) : (
        <Files
          files={files?.nodes}
          isBusy={stale}
          isNarrowed={search !== '' || kind !== undefined}
          onGone={readAgain}
        />
      )}
      <Pager info={files?.pageInfo} size={SIZE} onGo={go} />
    </Screen>
  );
}

function Filters({
  kind,
  typed,
  onType,
}: {
  kind: MediaKind | undefined;
  typed: string;
  onType: (typed: string) => void;
}) {
  const text = useTexts();
  const navigate = useNavigate({ from: '/library' });
  return (
    <Group gap="xs">
      <TextInput
        type="search"
        flex="1 1 220px"
        maw={360}
        aria-label={text('library.search')}
        placeholder={text('library.search')}
        value={typed}
        onChange={(event) => {
          onType(event.currentTarget.value);
        }}
      />
      <Select
        w={180}
        aria-label={text('library.kind')}
        placeholder={text('library.kind.all')}
        clearable
        clearButtonProps={{ 'aria-label': text('library.kind.all') }}
        data={MEDIA_KINDS.map((value) => ({ value, label: text(`library.kind.${value}`) }))}
        value={kind ?? null}
        onChange={(value) => {
          void navigate({ search: value ? { kind: value } : {} });
        }}
      />
    </Group>
  );
}

function Files({
  files,
  isBusy,
  isNarrowed,
  onGone,
}: {
  files: readonly MediaFile[] | undefined;
  isBusy: boolean;
  isNarrowed: boolean;
  onGone: () => void;
}) {
  const text = useTexts();
  if (files?.length === 0)
    return <Empty>{text(isNarrowed ? 'library.empty.narrowed' : 'library.empty')}</Empty>;
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, md: 3, lg: 4 }} aria-busy={isBusy || files === undefined}>
      {files === undefined
        ? Array.from({ length: 8 }, (_, place) => <Skeleton key={place} height={290} />)
        : files.map((file) => <FileCard key={file.id} file={file} onGone={onGone} />)}
    </SimpleGrid>
  );
}

function Room({
  usage,
}: {
  usage: { storageBytes: string; storageLimitBytes?: string | null | undefined } | null | undefined;
}) {
  const text = useTexts();
  const bytes = useBytes();
  if (!usage) return null;
  const used = Number(usage.storageBytes);
  if (!usage.storageLimitBytes)
    return (
      <Text size="sm" c="dimmed">
        {text('library.room', { used: bytes(used) })}
      </Text>
    );
  const limit = Number(usage.storageLimitBytes);
  const said = text('library.room.limit', { used: bytes(used), limit: bytes(limit) });
  const share = Math.min(100, (100 * used) / limit);
  return (
    <Stack gap={4} w={220}>
      <Text size="sm" c="dimmed">
        {said}
      </Text>
      <Progress value={share} color={share > 90 ? 'red' : 'indigo'} aria-label={said} />
    </Stack>
  );
}
