/** The campaigns that an audience was used for, newest first. */
import { Group, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from 'urql';
import { Empty } from '../../components/empty';
import { TextLink } from '../../components/link';
import { Panel } from '../../components/panel';
import { useMay } from '../../components/permissions';
import { Status } from '../../components/status';
import { useTexts } from '../../texts';
import { USES } from './queries';

export function Uses({ id }: { id: string }) {
  const may = useMay('CAMPAIGNS_READ');
  return may ? <Listed id={id} /> : null;
}

function Listed({ id }: { id: string }) {
  const text = useTexts();
  const [{ data }] = useQuery({ query: USES, variables: { id } });
  const campaigns = data?.audience?.campaigns;
  return (
    <Panel title={text('audience.uses')}>
      {!campaigns ? (
        <Skeleton height={60} aria-busy />
      ) : campaigns.nodes.length === 0 ? (
        <Empty>{text('audience.unused')}</Empty>
      ) : (
        <Stack gap="xs">
          {campaigns.nodes.map(({ id: campaign, name, status }) => (
            <Group key={campaign} justify="space-between" wrap="nowrap">
              <TextLink
                to="/campaigns/$id"
                params={{ id: campaign }}
                size="sm"
                style={{ overflowWrap: 'anywhere' }}
              >
                {name}
              </TextLink>
              <Status status={status} />
            </Group>
          ))}
          {(campaigns.totalCount ?? 0) > campaigns.nodes.length && (
            <Text size="sm" c="dimmed">
              {text('audiences.uses', { count: campaigns.totalCount ?? 0 })}
            </Text>
          )}
        </Stack>
      )}
    </Panel>
  );
}
