/** Files that are tied to a customer, as small pictures where they are pictures. */
import { ActionIcon, Anchor, Box, Image, Paper, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from 'urql';
import { useChange } from '../../api/change';
import { ownAddress } from '../../api/upload';
import { Errors } from '../../components/errors';
import { ButtonLink } from '../../components/link';
import { Pager, usePlace } from '../../components/pager';
import { Panel } from '../../components/panel';
import { useMay } from '../../components/permissions';
import { Problem } from '../../components/problem';
import { useTexts } from '../../texts';
import { DETACH } from './changes';
import { MEDIA } from './queries';

const SIZE = 12;

export function Media({ id }: { id: string }) {
  return useMay('MEDIA_READ') ? <Files id={id} /> : null;
}

function Files({ id }: { id: string }) {
  const text = useTexts();
  const [place, go] = usePlace(SIZE, id);
  const mayWrite = useMay('MEDIA_WRITE');
  const { isBusy, errors, change } = useChange();
  const [{ data, error }, again] = useQuery({ query: MEDIA, variables: { id, ...place } });
  const files = data?.customer?.media;
  const refresh = () => {
    again({ requestPolicy: 'network-only' });
  };
  const detach = async (file: string) => {
    if (await change(DETACH, { id: file, customer: id })) refresh();
  };
  return (
    <Panel
      title={text('media.title')}
      aside={
        mayWrite && (
          <ButtonLink to="/library" size="xs" variant="default">
            {text('library.title')}
          </ButtonLink>
        )
      }
    >
      <Stack gap="sm">
        {error && !files && <Problem error={error} onRetry={refresh} />}
        {!error && files === undefined && <Skeleton height={100} />}
        {files?.nodes.length === 0 && (
          <Text size="sm" c="dimmed">
            {text('media.empty')}
          </Text>
        )}
        {files && files.nodes.length > 0 && (
          <SimpleGrid cols={{ base: 2, xs: 3 }} spacing="sm">
            {files.nodes.map((file) => (
              <Paper key={file.id} withBorder p="xs" pos="relative">
                <Box h={90} mb={6}>
                  {file.thumbnailUrl && (
                    <Image src={ownAddress(file.thumbnailUrl)} alt="" h={90} fit="contain" radius="sm" />
                  )}
                </Box>
                {file.url ? (
                  <Anchor
                    href={ownAddress(file.url)}
                    target="_blank"
                    rel="noreferrer"
                    fz="xs"
                    display="block"
                    truncate
                  >
                    {file.filename}
                  </Anchor>
                ) : (
                  <Text size="xs" c="dimmed" truncate>
                    {file.filename}
                  </Text>
                )}
                {mayWrite && (
                  <ActionIcon
                    variant="default"
                    size="sm"
                    pos="absolute"
                    top={6}
                    right={6}
                    disabled={isBusy}
                    aria-label={text('media.detach', { name: file.filename })}
                    onClick={() => void detach(file.id)}
                  >
                    <span aria-hidden>×</span>
                  </ActionIcon>
                )}
              </Paper>
            ))}
          </SimpleGrid>
        )}
        <Errors errors={errors} />
        <Pager info={files?.pageInfo} size={SIZE} onGo={go} />
      </Stack>
    </Panel>
  );
}
