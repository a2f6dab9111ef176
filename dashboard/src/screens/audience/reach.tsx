/** Whom a rule reaches as it is now: how many, by which channels, and some of them. */
import { Box, Button, Group, Progress, Skeleton, Stack, Text } from '@mantine/core';
import { FormattedNumber, useIntl } from 'react-intl';
import { Announcement } from '../../components/announcement';
import { Errors } from '../../components/errors';
import { TextLink } from '../../components/link';
import { useMoney } from '../../components/money';
import { Panel } from '../../components/panel';
import type { AudiencePreviewQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import type { Answer } from './editing';
import type { Person } from './why';

type Found = NonNullable<AudiencePreviewQuery['audiencePreview']>;

interface Props {
  preview: Answer<AudiencePreviewQuery>;
  hasRule: boolean;
  onChoose: (person: Person) => void;
}

export function Reach({ preview: { data, error, isOld }, hasRule, onChoose }: Props) {
  const text = useTexts();
  const found = data?.audiencePreview;
  const sentence = error?.graphQLErrors[0]?.message ?? text('error.network');
  return (
    <Panel title={text('audience.reach')} mih={300}>
      <Box aria-busy={isOld} opacity={isOld && found ? 0.6 : 1} data-testid="reach">
        {error ? (
          <Errors errors={[{ path: [], message: sentence }]} />
        ) : !hasRule ? (
          <Text c="dimmed">{text('audience.begin')}</Text>
        ) : !found ? (
          <Skeleton height={220} />
        ) : found.errors.length > 0 ? (
          <Text c="dimmed">{text('audience.incomplete')}</Text>
        ) : (
          <Counted found={found} onChoose={onChoose} />
        )}
      </Box>
      <Announcement>
        {!isOld && typeof found?.size === 'number' ? text('audiences.people', { count: found.size }) : ''}
      </Announcement>
    </Panel>
  );
}

function Counted({ found, onChoose }: { found: Found; onChoose: (person: Person) => void }) {
  const text = useTexts();
  const { size, ruleText, reachable, sample } = found;
  return (
    <Stack gap="md">
      {size === null ? (
        <Text c="dimmed">{text('audience.tooMany')}</Text>
      ) : (
        <Text fz={32} fw={600} lh={1.2} style={{ fontVariantNumeric: 'tabular-nums' }}>
          {text('audiences.people', { count: size ?? 0 })}
        </Text>
      )}
      {ruleText && (
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {ruleText}
        </Text>
      )}
      {reachable.map((one) => (
        <Channel key={one.channel} {...one} of={size ?? 0} />
      ))}
      {sample.length > 0 && (
        <Stack gap="xs">
          <Text size="sm" c="dimmed">
            {text('audience.sample')}
          </Text>
          {sample.map((person) => (
            <Sampled key={person.id} person={person} onChoose={onChoose} />
          ))}
        </Stack>
      )}
    </Stack>
  );
}

function Channel({ channel, size, of }: Found['reachable'][number] & { of: number }) {
  const text = useTexts();
  const intl = useIntl();
  const share = of > 0 ? size / of : 0;
  return (
    <div>
      <Group justify="space-between" gap="xs">
        <Text size="sm">{text(`channel.${channel}`)}</Text>
        <Text size="sm" style={{ fontVariantNumeric: 'tabular-nums' }}>
          <FormattedNumber value={size} />{' '}
          <Text span size="sm" c="dimmed">
            {intl.formatNumber(share, { style: 'percent' })}
          </Text>
        </Text>
      </Group>
      <Progress
        value={100 * share}
        aria-label={text('audience.reachedBy', { channel: text(`channel.${channel}`) })}
      />
    </div>
  );
}

function Sampled({
  person,
  onChoose,
}: {
  person: Found['sample'][number];
  onChoose: (person: Person) => void;
}) {
  const text = useTexts();
  const money = useMoney();
  const name = person.name ?? person.externalId;
  const facts = [person.city, money(person.totalSpend)].filter((one) => one != null && one !== '');
  return (
    <Group justify="space-between" wrap="nowrap" gap="xs">
      <div style={{ minWidth: 0 }}>
        <TextLink
          to="/customers/$id"
          params={{ id: person.id }}
          size="sm"
          style={{ overflowWrap: 'anywhere' }}
        >
          {name}
        </TextLink>
        <Text size="xs" c="dimmed" truncate>
          {facts.join(' · ')}
        </Text>
      </div>
      <Button
        size="compact-xs"
        variant="default"
        style={{ flexShrink: 0 }}
        aria-label={text('why.of', { name })}
        onClick={() => {
          onChoose({ id: person.id, name });
        }}
      >
        {text('why.short')}
      </Button>
    </Group>
  );
}
