/** One file of the library: what it looks like, whether everybody may have it, what can be done with it. */
import { Badge, Button, Card, Center, CopyButton, Group, Image, Stack, Text } from '@mantine/core';
import { useClient, useSubscription } from 'urql';
import { useChange } from '../../api/change';
import { ownAddress } from '../../api/upload';
import { useBytes } from '../../components/bytes';
import { DownloadButton } from '../../components/download';
import { Errors } from '../../components/errors';
import { Moment } from '../../components/moment';
import { useMay } from '../../components/permissions';
import { Status } from '../../components/status';
import type { FilesQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { Delete } from './delete';
import { FILE_ADDRESS, FILE_MOVES, PUBLISH } from './queries';

export type MediaFile = NonNullable<FilesQuery['mediaFiles']>['nodes'][number];

const PICTURE_PX = 160;

export function FileCard({ file, onGone }: { file: MediaFile; onGone: () => void }) {
  const text = useTexts();
  const bytes = useBytes();
  const mayChange = useMay('MEDIA_WRITE');
  // Its event changes what the cache holds, and so this card.
  useSubscription({ query: FILE_MOVES, variables: { id: file.id }, pause: file.status !== 'PROCESSING' });
  return (
    <Card withBorder padding="sm" component="article" aria-label={file.filename}>
      <Card.Section>
        <Picture file={file} />
      </Card.Section>
      <Stack gap={4} mt="sm" flex={1}>
        <Text size="sm" fw={600} lineClamp={2} style={{ overflowWrap: 'anywhere' }}>
          {file.filename}
        </Text>
        <Text size="xs" c="dimmed">
          {bytes(file.sizeBytes)} · <Moment at={file.createdAt} isDay />
        </Text>
        <Group gap="xs" mih={24}>
          {file.status !== 'READY' && <Status status={file.status} />}
          {file.publicUrl && (
            <Badge variant="light" tt="none">
              {text('library.public')}
            </Badge>
          )}
        </Group>
        {file.rejectionReason && (
          <Text size="xs" c="dimmed">
            {file.rejectionReason}
          </Text>
        )}
      </Stack>
      <Group gap={6} mt="xs">
        {file.status === 'READY' && <Get file={file} />}
        {mayChange && <Publish file={file} />}
        {mayChange && <Delete file={file} onGone={onGone} />}
      </Group>
    </Card>
  );
}

function Picture({ file }: { file: MediaFile }) {
  if (file.thumbnailUrl)
    return <Image src={ownAddress(file.thumbnailUrl)} alt="" h={PICTURE_PX} fit="contain" loading="lazy" />;
  const ending = file.filename.split('.').at(-1) ?? '';
  return (
    <Center h={PICTURE_PX} bg="var(--mantine-color-default-hover)">
      <Text fw={700} c="dimmed" tt="uppercase">
        {ending}
      </Text>
    </Center>
  );
}

function Get({ file }: { file: MediaFile }) {
  const text = useTexts();
  const client = useClient();
  const address = async () => {
    const { data } = await client
      .query(FILE_ADDRESS, { id: file.id }, { requestPolicy: 'network-only' })
      .toPromise();
    return data?.media?.url ? ownAddress(data.media.url) : null;
  };
  return <DownloadButton size="compact-sm" label={text('library.download')} address={address} />;
}

function Publish({ file }: { file: MediaFile }) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const { id, publicUrl, status, contentType } = file;
  if (status !== 'READY' || !contentType.startsWith('image/')) return null;
  return (
    <>
      {publicUrl && (
        <CopyButton value={publicUrl}>
          {({ copied, copy }) => (
            <Button size="compact-sm" variant="default" onClick={copy}>
              {text(copied ? 'library.copied' : 'library.copy')}
            </Button>
          )}
        </CopyButton>
      )}
      <Button
        size="compact-sm"
        variant="default"
        loading={isBusy}
        onClick={() => void change(PUBLISH, { id, isPublic: !publicUrl })}
      >
        {text(publicUrl ? 'library.unpublish' : 'library.publish')}
      </Button>
      <Errors errors={errors} />
    </>
  );
}
